use std::time::Duration;

use super::{Mutex, MutexGuard};
use crate::chan::channel;
use crate::select::Select;
use crate::sync::stress::{Fragile, together};

fn excludes(mutex: &Mutex<Fragile>) {
    let turns = together(4, 2, |_| mutex.lock().add());
    assert_eq!(mutex.lock().get(), turns);
}

#[test]
fn one_at_a_time() {
    excludes(&Mutex::new(Fragile::default()));
}

#[test]
fn one_at_a_time_fairly() {
    excludes(&Mutex::fair(Fragile::default()));
}

#[test]
fn one_at_a_time_whoever_gives_up() {
    let mutex = Mutex::new(Fragile::default());
    let taken = std::sync::atomic::AtomicU64::new(0);
    together(4, 2, |n| {
        let guard = match n {
            0 | 4 => Some(mutex.lock()),
            1 => mutex.try_lock(),
            _ => {
                mutex.lock_timeout(Duration::from_micros(gorge_sched::random().into()) / 10_000_000)
            }
        };
        if let Some(value) = guard {
            value.add();
            taken.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    });
    assert_eq!(mutex.into_inner().get(), taken.into_inner());
}

#[test]
fn trying_does_not_wait() {
    let mutex = Mutex::new(1);
    let guard = mutex.lock();
    assert!(mutex.is_locked());
    assert!(mutex.try_lock().is_none());
    assert!(mutex.lock_timeout(Duration::from_millis(1)).is_none());
    assert_eq!(format!("{mutex:?}"), "Mutex { value: <locked>, waiters: false }");
    drop(guard);
    assert_eq!(mutex.lock_timeout(Duration::ZERO).as_deref(), Some(&1));
    assert!(!mutex.is_locked());
    assert_eq!(format!("{mutex:?}"), "Mutex { value: 1, waiters: false }");
}

#[test]
fn a_guard_unlocks_wherever_it_is_dropped() {
    let mutex = Mutex::new(1);
    gorge_sched::scope(|s| {
        let guard = mutex.lock();
        s.go(move || drop(guard));
        assert_eq!(*mutex.lock(), 1);
        let guard = mutex.lock();
        std::thread::scope(|s| {
            s.spawn(move || drop(guard));
        });
        assert!(!mutex.is_locked());
    });
}

#[test]
fn a_lock_that_is_not_chosen_is_not_taken() {
    let mutex = Mutex::new(0);
    let (tx, rx) = channel(0);
    gorge_sched::scope(|s| {
        let guard = mutex.lock();
        s.go(|| tx.send(5).unwrap());
        let mut select = Select::new();
        select.on(mutex.locking(), |_| 0);
        select.recv(&rx, |n| n.unwrap());
        assert_eq!(select.wait(), (1, 5));
        drop(guard);
    });
    assert!(!mutex.is_locked());
    *mutex.lock() = 3;
    let mut select = Select::new();
    select.on(mutex.locking(), |guard| *guard);
    select.recv(&rx, |n| n.unwrap());
    assert_eq!(select.wait(), (0, 3));
    drop(select);
    assert_eq!(mutex.into_inner(), 3);
}

#[test]
fn a_panic_lets_the_lock_go() {
    let mutex = Mutex::new(1);
    gorge_sched::scope(|s| {
        let panicked = s
            .go(|| {
                *mutex.lock() = 2;
                let _guard = mutex.lock();
                std::panic::resume_unwind(Box::new("with the lock held"));
            })
            .join();
        assert!(panicked.is_err());
    });
    assert_eq!(*mutex.lock(), 2);
}

#[test]
fn parts_and_pauses() {
    static MUTEX: Mutex<(u32, Option<u32>)> = Mutex::new((1, None));
    let mut guard = MUTEX.lock();
    assert!(MutexGuard::unlocked(&mut guard, || MUTEX.try_lock().is_some()));
    assert!(MUTEX.try_lock().is_none());
    let mut guard = MutexGuard::try_map(guard, |pair| pair.1.as_mut()).unwrap_err();
    guard.1 = Some(2);
    let part = MutexGuard::try_map(guard, |pair| pair.1.as_mut()).unwrap();
    assert!(MUTEX.try_lock().is_none());
    drop(part);
    assert_eq!(*MUTEX.lock(), (1, Some(2)));
    let mut own = Mutex::from("own");
    *own.get_mut() = "mine";
    assert_eq!(own.into_inner(), "mine");
}
