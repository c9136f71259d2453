use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::raw::{READERS, VISIBLE, WRITER};
use super::visible::{MEETINGS, READS, WRITES};
use super::{RwLock, RwLockReadGuard, RwLockWriteGuard};
use crate::chan::channel;
use crate::select::Select;
use crate::sync::stress::{Fragile, together};

#[test]
fn writers_exclude_all() {
    exclude_all(|_| ());
}

/// As above, while it comes and goes that readers are seen in places.
#[test]
fn writers_exclude_visible_readers() {
    exclude_all(|lock| {
        if gorge_sched::random().is_multiple_of(64) {
            lock.raw.make_visible();
        }
    });
}

fn exclude_all(meanwhile: fn(&RwLock<Fragile>)) {
    let lock = RwLock::new(Fragile::default());
    let writes = std::sync::atomic::AtomicU64::new(0);
    together(4, 2, |n| {
        meanwhile(&lock);
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

/// Somebody serves the queues after a writer has let go and before it does so itself: a newcomer that takes itself off,
/// one who gives up.
#[test]
fn whoever_serves_first_the_readers_go_before_the_next_writer() {
    let lock = RwLock::new(0);
    gorge_sched::scope(|s| {
        std::mem::forget(lock.write());
        let reader = s.go(|| *lock.read());
        let writer = s.go(|| *lock.write() += 1);
        while !lock.raw.has_queued(true, true) {
            gorge_sched::gosched();
        }
        lock.raw.state.fetch_and(!WRITER, Ordering::Release);
        lock.raw.unlocked(); // whoever comes by
        lock.raw.unlocked(); // the writer
        assert_eq!(reader.join().unwrap(), 0);
        writer.join().unwrap();
    });
    assert_eq!(*lock.read(), 1);
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

/// Whether a reader is in the word of the lock.
fn is_counted<T>(lock: &RwLock<T>) -> bool {
    lock.raw.state.load(Ordering::Relaxed) & READERS != 0
}

fn is_visible<T>(lock: &RwLock<T>) -> bool {
    lock.raw.state.load(Ordering::Relaxed) & VISIBLE != 0
}

/// A reader that is seen in a place; other tests may have it for a time, however long their threads have to wait for a
/// processor.
fn seen<T: Send + Sync>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(60) {
        let reader = lock.read();
        if !is_counted(lock) {
            return reader;
        }
        drop(reader);
        gorge_sched::gosched();
    }
    panic!("no place comes free");
}

#[test]
fn a_visible_reader_keeps_writers_out() {
    let lock = RwLock::new(1);
    gorge_sched::scope(|s| {
        lock.raw.make_visible();
        s.go(|| {
            let reader = seen(&lock);
            assert!(lock.try_write().is_none() && !lock.raw.may_write());
            // There is room for one in each worker's place: who comes next is counted.
            let second = lock.read();
            assert!(is_counted(&lock) && *reader == 1 && *second == 1);
            drop(second);
            assert!(lock.write_timeout(Duration::from_millis(1)).is_none());
            drop(reader);
            *lock.try_write().expect("nobody reads any more") = 3;
        })
        .join()
        .unwrap();
        // The guard of a visible reader ends where its owner likes.
        let reader = s.go(|| seen(&lock)).join().unwrap();
        let late = s.go(|| *lock.write() += 1);
        drop(reader);
        late.join().unwrap();
        assert_eq!(*lock.read(), 4);
    });
}

/// Whether visible readers see that somebody queues (behind the heavy fence, which to loom is nothing that a light one is
/// not).
fn is_told<T>(lock: &RwLock<T>) -> bool {
    let _held = lock.raw.lock.lock();
    lock.raw.is_told()
}

#[test]
fn visible_readers_are_told_anew_each_time_somebody_queues() {
    let lock = RwLock::new(());
    gorge_sched::scope(|s| {
        lock.raw.make_visible();
        for _ in 0..2 {
            let reader = s.go(|| seen(&lock)).join().unwrap();
            assert!(!is_told(&lock));
            let writer = s.go(|| drop(lock.write()));
            until_a_writer_waits(&lock);
            assert!(is_told(&lock));
            drop(reader);
            writer.join().unwrap();
        }
    });
}

#[test]
fn readers_are_visible_from_many_meetings_to_many_writes() {
    let lock = RwLock::new(());
    gorge_sched::scope(|s| {
        s.go(|| {
            let first = lock.read();
            for _ in 0..MEETINGS {
                assert!(!is_visible(&lock));
                drop(lock.read());
            }
            assert!(is_visible(&lock));
            drop(first);
            for _ in 0..WRITES {
                assert!(is_visible(&lock));
                drop(lock.write());
            }
            assert!(!is_visible(&lock));
        });
    });
}

#[test]
fn readers_are_visible_from_many_reads_without_a_write() {
    let lock = RwLock::new(());
    gorge_sched::scope(|s| {
        s.go(|| {
            for _ in 0..10 {
                drop(lock.write());
                for _ in 1..READS {
                    drop(lock.read());
                }
                assert!(!is_visible(&lock));
            }
            drop(lock.read());
            assert!(is_visible(&lock));
        });
    });
    let lock = RwLock::new(());
    for _ in 0..READS {
        drop(lock.read());
    }
    assert!(!is_visible(&lock), "a plain thread has no place");
}

#[test]
fn a_forgotten_reader_is_in_nobodys_way_when_its_lock_is_gone() {
    gorge_sched::scope(|s| {
        s.go(|| {
            for _ in 0..20 {
                let lock = RwLock::new(());
                lock.raw.make_visible();
                std::mem::forget(seen(&lock)); // the places of those before are empty again
                let lock = Box::new(lock);
                assert!(lock.try_write().is_none(), "a reader moves with its lock");
            }
        });
    });
}

#[test]
fn too_many_readers() {
    let lock = RwLock::new(());
    lock.raw.state.fetch_add(1 << 31, Ordering::Relaxed);
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(lock.read())));
    let text = *panic.unwrap_err().downcast::<&str>().unwrap();
    assert_eq!(text, "sync: too many readers of one RwLock");
    lock.raw.state.fetch_sub(1 << 31, Ordering::Relaxed);
    assert!(lock.try_write().is_some(), "who was too many is counted no more");
}
