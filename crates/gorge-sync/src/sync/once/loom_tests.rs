//! Doing it once in every interleaving, up to a number of preemptions.

use gorge_base::sync::atomic::{AtomicUsize, Ordering};
use gorge_base::sync::cell::UnsafeCell;
use gorge_base::sync::{Arc, model_up_to, thread};

use super::{Once, OnceLock};

#[test]
fn three_call_one_does() {
    struct Shared {
        once: Once,
        cell: UnsafeCell<usize>,
    }
    // SAFETY: the cell is written inside the call, and read after it; loom watches.
    unsafe impl Sync for Shared {}

    model_up_to(2, || {
        let shared = Arc::new(Shared { once: Once::new(), cell: UnsafeCell::new(0) });
        let call = |shared: &Shared| {
            // SAFETY: nobody else is in the call.
            shared.once.call_once(|| shared.cell.with_mut(|n| unsafe { *n += 1 }));
            // SAFETY: the call is over.
            assert_eq!(shared.cell.with(|n| unsafe { *n }), 1);
        };
        let others: Vec<_> = (0..2)
            .map(|_| {
                let shared = shared.clone();
                thread::spawn(move || call(&shared))
            })
            .collect();
        call(&shared);
        for other in others {
            other.join().unwrap();
        }
    });
}

#[test]
fn who_fails_leaves_it_to_the_next() {
    model_up_to(2, || {
        let place = Arc::new(OnceLock::<usize>::new());
        let tries = Arc::new(AtomicUsize::new(0));
        let other = {
            let (place, tries) = (place.clone(), tries.clone());
            thread::spawn(move || {
                let _ = place.get_or_try_init(|| {
                    tries.fetch_add(1, Ordering::Relaxed);
                    Err::<usize, _>(())
                });
            })
        };
        let third = {
            let place = place.clone();
            thread::spawn(move || assert_eq!(*place.get_or_init(|| 7), 7))
        };
        assert_eq!(*place.get_or_init(|| 7), 7);
        other.join().unwrap();
        third.join().unwrap();
        assert!(tries.load(Ordering::Relaxed) <= 1);
    });
}
