use std::time::Duration;

use super::{RwLock, RwLockReadGuard, RwLockWriteGuard};
use crate::chan::channel;
use crate::select::Select;
use crate::sync::stress::{Fragile, together};

#[test]
fn writers_exclude_all() {
    let lock = RwLock::new(Fragile::default());
    let writes = std::sync::atomic::AtomicU64::new(0);
    together(4, 2, |n| {
        let random = gorge_sched::random();
        let wait = Duration::from_nanos((random >> 16).into());
        match random % 4 {
            0 => Some(lock.write()),
            1 if n % 2 == 0 => lock.write_timeout(wait),
            1 => lock.try_write(),
            2 => {
                let read = if n % 2 == 0 { Some(lock.read()) } else { lock.read_timeout(wait) };
                if let Some(value) = read {
                    let before = value.get();
                    std::hint::spin_loop();
                    assert_eq!(before, value.get());
                }
                None
            }
            _ => {
                let value = lock.write();
                value.add();
                writes.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                let value = RwLockWriteGuard::downgrade(value);
                let before = value.get();
                std::hint::spin_loop();
                assert_eq!(before, value.get());
                None
            }
        }
        .inspect(|value| {
            value.add();
            writes.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        });
    });
    assert_eq!(lock.into_inner().get(), writes.into_inner());
}

#[test]
fn readers_share() {
    let lock = RwLock::new(1);
    let (one, two) = (lock.read(), lock.read());
    assert_eq!(*one + *two, 2);
    assert!(lock.try_write().is_none());
    assert!(lock.write_timeout(Duration::from_millis(1)).is_none());
    drop((one, two));
    assert!(lock.try_write().is_some());
    assert_eq!(format!("{lock:?}"), "RwLock { value: 1, written: false }");
}

/// Lets others run until `lock` has a writer that waits in the queue, and no longer awake.
fn until_a_writer_waits<T: Send + Sync>(lock: &RwLock<T>) {
    while !lock.raw.is_queued() {
        gorge_sched::gosched();
    }
}

#[test]
fn a_writer_that_waits_keeps_readers_out() {
    let lock = RwLock::new(vec!["start"]);
    gorge_sched::scope(|s| {
        let reader = lock.read();
        s.go(|| lock.write().push("writer"));
        until_a_writer_waits(&lock);
        assert!(lock.read_timeout(Duration::from_millis(1)).is_none());
        let late = s.go(|| lock.read().len());
        assert_eq!(reader.len(), 1);
        drop(reader);
        assert_eq!(late.join().unwrap(), 2);
    });
}

#[test]
fn a_writer_that_gives_up_lets_readers_in() {
    let lock = RwLock::new(());
    let (give_up, told) = channel::<()>(0);
    gorge_sched::scope(|s| {
        let _reader = lock.read();
        let writer = s.go(|| {
            let mut select = Select::new();
            select.on(lock.writing(), |_| true);
            select.recv(&told, |_| false);
            select.wait().1
        });
        until_a_writer_waits(&lock);
        let reader = s.go(|| drop(lock.read()));
        drop(give_up);
        assert!(!writer.join().unwrap());
        // There is nothing else to let it in.
        reader.join().unwrap();
    });
}

#[test]
fn downgrading_lets_readers_in() {
    let lock = RwLock::new(1);
    gorge_sched::scope(|s| {
        let mut writer = lock.write();
        let reader = s.go(|| *lock.read());
        *writer = 2;
        let kept = RwLockWriteGuard::downgrade(writer);
        assert_eq!(reader.join().unwrap(), 2);
        assert!(lock.try_write().is_none());
        drop(kept);
        assert!(lock.try_write().is_some());
    });
}

#[test]
fn parts() {
    static LOCK: RwLock<(u32, u32)> = RwLock::new((1, 2));
    let mut part = RwLockWriteGuard::map(LOCK.write(), |pair| &mut pair.0);
    *part = 5;
    drop(part);
    let part = RwLockReadGuard::map(LOCK.read(), |pair| &pair.0);
    assert!(LOCK.try_write().is_none());
    assert_eq!(*part, 5);
    drop(part);
    assert!(LOCK.try_write().is_some());
}
