//! The semaphore in every interleaving, up to a number of preemptions.

use gorge_base::sync::cell::UnsafeCell;
use gorge_base::sync::{Arc, model_up_to, thread};
use gorge_sched::timer;

use super::Semaphore;
use crate::time::Instant;

/// Who has both permits may write, who has one may read; loom watches.
struct Value(UnsafeCell<usize>);

// SAFETY: used with permits.
unsafe impl Send for Value {}
// SAFETY: as above.
unsafe impl Sync for Value {}

fn use_with(semaphore: &Semaphore, value: &Value, n: usize) {
    let _permits = semaphore.acquire(n);
    match n {
        // SAFETY: nobody else has a permit.
        2 => value.0.with_mut(|value| unsafe { *value += 1 }),
        // SAFETY: nobody has both.
        _ => value.0.with(|value| assert!(unsafe { *value } <= 1)),
    }
}

#[test]
fn many_and_few() {
    model_up_to(2, || {
        let semaphore = Arc::new(Semaphore::new(2));
        let value = Arc::new(Value(UnsafeCell::new(0)));
        let others: Vec<_> = [2, 1]
            .into_iter()
            .map(|n| {
                let (semaphore, value) = (semaphore.clone(), value.clone());
                thread::spawn(move || use_with(&semaphore, &value, n))
            })
            .collect();
        use_with(&semaphore, &value, 1);
        for other in others {
            other.join().unwrap();
        }
        assert_eq!(semaphore.available(), 2);
    });
}

#[test]
fn who_asks_for_many_gives_up() {
    model_up_to(2, || {
        let semaphore = Arc::new(Semaphore::new(2));
        let one = semaphore.acquire(1);
        let many = {
            let semaphore = semaphore.clone();
            thread::spawn(move || drop(semaphore.acquire_deadline(2, Instant::from_nanos(1))))
        };
        let few = {
            let semaphore = semaphore.clone();
            thread::spawn(move || drop(semaphore.acquire(1)))
        };
        timer::pass();
        drop(one);
        few.join().unwrap();
        many.join().unwrap();
        assert_eq!(semaphore.available(), 2);
    });
}
