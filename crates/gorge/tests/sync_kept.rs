//! What a pool keeps, and for how long; what a panic leaves behind in a mutex.

use std::sync::TryLockError;
use std::time::Duration;

use gorge::sync::{PoisonMutex, Pool};
use gorge::time;

#[test]
fn a_panic_poisons() {
    static NUMBER: PoisonMutex<u32> = PoisonMutex::new(1);
    assert!(!NUMBER.is_poisoned());
    let joined = gorge::go(|| {
        *NUMBER.lock().unwrap() = 2;
        let _guard = NUMBER.lock().unwrap();
        std::panic::resume_unwind(Box::new("with the lock held"));
    })
    .join();
    assert!(joined.is_err());
    assert!(NUMBER.is_poisoned());
    assert_eq!(*NUMBER.lock().unwrap_err().into_inner(), 2);
    assert!(matches!(NUMBER.try_lock(), Err(TryLockError::Poisoned(_))));
    assert_eq!(format!("{NUMBER:?}"), "PoisonMutex { value: 2, poisoned: true }");
    NUMBER.clear_poison();
    let guard = NUMBER.lock().unwrap();
    assert!(matches!(NUMBER.try_lock(), Err(TryLockError::WouldBlock)));
    drop(guard);
}

#[test]
fn locking_while_one_panics_already_does_not_poison() {
    struct Locks<'a>(&'a PoisonMutex<u32>);
    impl Drop for Locks<'_> {
        fn drop(&mut self) {
            *self.0.lock().unwrap() += 1;
        }
    }
    let mut number = PoisonMutex::new(1);
    gorge::scope(|s| {
        let panics = s.go(|| {
            let _locks = Locks(&number);
            std::panic::resume_unwind(Box::new("without the lock"));
        });
        assert!(panics.join().is_err());
    });
    assert_eq!(*number.get_mut().unwrap(), 2);
    assert_eq!(number.into_inner().unwrap(), 2);
}

#[test]
fn a_pool_is_emptied_over_time() {
    static POOL: Pool<Box<u32>> = Pool::new(|| Box::new(0));
    static OTHER: Pool<Box<u32>> = Pool::new(|| Box::new(0));
    gorge::runtime::use_virtual_clock();
    gorge::run(|| {
        OTHER.put(OTHER.get());
        let next_generation = || {
            time::sleep(Duration::from_secs(10));
            // Looks at the clock once it is empty.
            while OTHER.try_get().is_some() {}
        };
        next_generation();
        POOL.put(Box::new(7));
        next_generation();
        assert_eq!(POOL.len(), 1);
        next_generation();
        assert_eq!(POOL.len(), 0);
        assert_eq!(*POOL.get(), 0);
        // What is in use stays.
        for _ in 0..5 {
            POOL.put(POOL.try_get().unwrap_or(Box::new(8)));
            next_generation();
        }
        assert_eq!(POOL.len(), 1);
    });
}
