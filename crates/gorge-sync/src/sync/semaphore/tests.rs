use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::Semaphore;
use crate::chan::channel;
use crate::select::Select;
use crate::sync::stress::together;

#[test]
fn never_more_than_there_are() {
    const SIZE: usize = 5;
    let (semaphore, held) = (Semaphore::new(SIZE), AtomicUsize::new(0));
    together(6, 2, |n| {
        let random = gorge_sched::random();
        let count = 1 + random as usize % SIZE;
        let wait = Duration::from_nanos((random >> 15).into());
        let permits = match n % 3 {
            0 => Some(semaphore.acquire(count)),
            1 => semaphore.acquire_timeout(count, wait),
            _ => semaphore.try_acquire(count),
        };
        if let Some(permits) = permits {
            let now = held.fetch_add(count, Ordering::Relaxed) + count;
            assert!(now <= SIZE, "{now}");
            assert_eq!(permits.count(), count);
            held.fetch_sub(count, Ordering::Relaxed);
        }
    });
    assert_eq!(semaphore.available(), SIZE);
    assert_eq!(semaphore.drain().count(), SIZE);
}

/// Lets others run until somebody waits for permits.
fn until_somebody_waits(semaphore: &Semaphore) {
    while semaphore.try_acquire(0).is_some() {
        gorge_sched::gosched();
    }
}

#[test]
fn who_asks_for_many_is_not_passed() {
    let semaphore = Semaphore::new(3);
    gorge_sched::scope(|s| {
        let one = semaphore.acquire(1);
        let many = s.go(|| semaphore.acquire(3).count());
        until_somebody_waits(&semaphore);
        assert_eq!(semaphore.available(), 2);
        assert!(semaphore.try_acquire(1).is_none());
        assert!(semaphore.acquire_timeout(1, Duration::from_millis(1)).is_none());
        drop(one);
        assert_eq!(many.join().unwrap(), 3);
    });
}

#[test]
fn who_gives_up_lets_those_behind_go() {
    let semaphore = Semaphore::new(3);
    let (give_up, given_up) = channel::<()>(0);
    gorge_sched::scope(|s| {
        let _one = semaphore.acquire(1);
        // (By a channel, not by a time: that might be over before anybody has seen it wait.)
        let many = s.go(|| {
            let mut select = Select::new();
            select.on(semaphore.acquiring(3), |_| true);
            select.recv(&given_up, |_| false);
            select.wait().1
        });
        until_somebody_waits(&semaphore);
        let few = s.go(|| semaphore.acquire(2).count());
        gorge_sched::gosched();
        drop(give_up);
        assert_eq!(few.join().unwrap(), 2);
        assert!(!many.join().unwrap());
    });
}

#[test]
fn more_than_there_are() {
    let semaphore = Semaphore::new(2);
    assert!(semaphore.try_acquire(3).is_none());
    assert!(semaphore.acquire_timeout(3, Duration::from_millis(1)).is_none());
    // The impossible stands in nobody's way.
    assert_eq!(semaphore.acquire(2).count(), 2);
    let panic = catch_unwind(AssertUnwindSafe(|| drop(semaphore.acquire(3)))).unwrap_err();
    assert_eq!(panic.downcast_ref::<String>().unwrap(), "semaphore: 3 permits wanted of 2");
}

#[test]
fn releasing() {
    let semaphore = Semaphore::new(4);
    let mut permits = semaphore.acquire(4);
    assert!(permits.split(5).is_none());
    drop(permits.split(1));
    assert_eq!((permits.count(), semaphore.available()), (3, 1));
    permits.forget();
    semaphore.release(2);
    let panic = catch_unwind(AssertUnwindSafe(|| semaphore.release(2))).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"semaphore: released more than held"));
    semaphore.release(1);
    let owned = semaphore.acquire_owned(3);
    assert!(semaphore.try_acquire_owned(2).is_none());
    gorge_sched::go(move || drop(owned)).join().unwrap();
    assert_eq!(format!("{semaphore:?}"), "Semaphore { size: 4, available: 4 }");
}
