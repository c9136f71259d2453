//! Whoever comes when: one at a time, and nothing that was done is lost.

#[cfg(loom)]
use super::{HELD, LOCKED};
use super::{Here, Owner};
#[cfg(loom)]
use gorge_base::sync::cell::UnsafeCell;
#[cfg(loom)]
use gorge_base::sync::{Arc, model_up_to, thread};

type BiasedLock = super::BiasedLock<Threads>;

/// Under loom each thread is a worker; otherwise none is.
struct Threads;

impl Here for Threads {
    fn here() -> Option<&'static Owner> {
        #[cfg(loom)]
        {
            loom::thread_local! { static OWNER: &'static Owner = Box::leak(Box::new(Owner::new())); }
            Some(OWNER.with(|owner| *owner))
        }
        #[cfg(not(loom))]
        None
    }
}

#[cfg(loom)]
struct Counted {
    lock: BiasedLock,
    count: UnsafeCell<u32>,
}

// SAFETY: the lock decides who may touch the count; loom checks it.
#[cfg(loom)]
unsafe impl Sync for Counted {}
// SAFETY: as above.
#[cfg(loom)]
unsafe impl Send for Counted {}

#[cfg(loom)]
impl Counted {
    fn new() -> Arc<Counted> {
        Arc::new(Counted { lock: BiasedLock::new(), count: UnsafeCell::new(0) })
    }

    fn add(&self) {
        let _held = self.lock.lock();
        // SAFETY: under the lock.
        self.count.with_mut(|count| unsafe { *count += 1 });
    }

    fn is_biased(&self) -> bool {
        let word = self.lock.word.load(super::Relaxed);
        word & HELD != 0 && word != LOCKED
    }
}

/// Biased towards this thread from the start.
#[cfg(loom)]
fn biased() -> Arc<Counted> {
    let counted = Counted::new();
    counted.add();
    counted.add();
    assert!(counted.is_biased());
    counted
}

#[cfg(loom)]
#[test]
fn a_stranger_ends_the_bias() {
    model_up_to(4, || {
        let counted = biased();
        let stranger = {
            let counted = counted.clone();
            thread::spawn(move || counted.add())
        };
        counted.add();
        counted.add();
        stranger.join().unwrap();
        counted.add();
        // SAFETY: nobody else is left.
        assert_eq!(counted.count.with(|count| unsafe { *count }), 6);
    });
}

#[cfg(loom)]
#[test]
fn two_strangers() {
    model_up_to(3, || {
        let counted = biased();
        let strangers = [(); 2].map(|()| {
            let counted = counted.clone();
            thread::spawn(move || counted.add())
        });
        counted.add();
        for stranger in strangers {
            stranger.join().unwrap();
        }
        // SAFETY: nobody else is left.
        assert_eq!(counted.count.with(|count| unsafe { *count }), 5);
    });
}

#[cfg(loom)]
#[test]
fn it_becomes_biased_among_strangers() {
    model_up_to(3, || {
        let counted = Counted::new();
        let stranger = {
            let counted = counted.clone();
            thread::spawn(move || {
                counted.add();
                counted.add();
            })
        };
        counted.add();
        counted.add();
        counted.add();
        stranger.join().unwrap();
        // SAFETY: nobody else is left.
        assert_eq!(counted.count.with(|count| unsafe { *count }), 5);
    });
}

#[cfg(loom)]
#[test]
fn a_look_of_a_stranger_sees_what_the_owner_did() {
    model_up_to(4, || {
        let counted = biased();
        let looker = {
            let counted = counted.clone();
            thread::spawn(move || {
                let before = counted.lock.stamp();
                let held = counted.lock.lock();
                // SAFETY: under the lock.
                let count = counted.count.with(|count| unsafe { *count });
                drop(held);
                (before, count)
            })
        };
        let before = counted.lock.stamp();
        counted.add();
        let after = counted.lock.stamp();
        let (seen, count) = looker.join().unwrap();
        assert!(count == 2 || count == 3);
        // A stamp tells the looker about everything but what it did itself.
        assert!(
            seen & HELD != 0 || seen != before || count == 3,
            "{seen} {before} {after} {count}"
        );
    });
}

#[cfg(not(loom))]
#[test]
fn plain_threads_are_strangers() {
    use super::{LAP, LAPS};

    let lock = BiasedLock::new();
    let before = lock.stamp();
    for _ in 0..LAP * LAPS + 1 {
        drop(lock.lock());
    }
    assert_eq!(lock.stamp() % 2, 0, "biased towards nobody");
    assert_ne!(lock.stamp(), before);
}
