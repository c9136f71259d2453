//! The lock in every interleaving, up to a number of preemptions. The value is
//! a cell of loom's, which sees a writer beside anybody else.

use std::panic::Location;

use gorge_base::sync::cell::UnsafeCell;
use gorge_base::sync::{Arc, model_up_to, thread};
use gorge_sched::{be_worker, timer};

use super::share::Share;
use super::visible::WRITES;
use super::{RwLock, RwLockWriteGuard};
use crate::select::one;
use crate::time::Instant;

struct Count(UnsafeCell<usize>);

// SAFETY: used under the lock; loom watches.
unsafe impl Send for Count {}
// SAFETY: as above.
unsafe impl Sync for Count {}

impl Count {
    fn add(&self) {
        // SAFETY: the lock is held for writing.
        self.0.with_mut(|n| unsafe { *n += 1 });
    }

    fn get(&self) -> usize {
        // SAFETY: the lock is held.
        self.0.with(|n| unsafe { *n })
    }
}

fn lock() -> Arc<RwLock<Count>> {
    Arc::new(RwLock::new(Count(UnsafeCell::new(0))))
}

fn spawn(
    lock: &Arc<RwLock<Count>>,
    f: impl FnOnce(&RwLock<Count>) + Send + 'static,
) -> thread::JoinHandle<()> {
    let lock = lock.clone();
    thread::spawn(move || f(&lock))
}

#[test]
fn two_writers_and_a_reader() {
    model_up_to(2, || {
        let lock = lock();
        let writer = spawn(&lock, |lock| lock.write().add());
        let reader = spawn(&lock, |lock| assert!(lock.read().get() <= 2));
        lock.write().add();
        writer.join().unwrap();
        reader.join().unwrap();
        assert_eq!(lock.read().get(), 2);
    });
}

#[test]
fn two_readers_and_a_writer() {
    model_up_to(2, || {
        let lock = lock();
        let writer = spawn(&lock, |lock| lock.write().add());
        let reader = spawn(&lock, |lock| assert!(lock.read().get() <= 1));
        assert!(lock.read().get() <= 1);
        writer.join().unwrap();
        reader.join().unwrap();
    });
}

#[test]
fn a_writer_becomes_a_reader() {
    model_up_to(2, || {
        let lock = lock();
        let writer = spawn(&lock, |lock| lock.write().add());
        let reader = spawn(&lock, |lock| assert!(lock.read().get() <= 2));
        let guard = lock.write();
        guard.add();
        let seen = guard.get();
        let guard = RwLockWriteGuard::downgrade(guard);
        assert_eq!(guard.get(), seen);
        drop(guard);
        writer.join().unwrap();
        reader.join().unwrap();
    });
}

#[test]
fn a_writer_gives_up() {
    model_up_to(2, || {
        let lock = lock();
        let held = lock.read();
        let writer = spawn(&lock, |lock| {
            if let Some(count) = lock.write_deadline(Instant::from_nanos(1)) {
                count.add();
            }
        });
        let reader = spawn(&lock, |lock| assert!(lock.read().get() <= 1));
        timer::pass();
        drop(held);
        writer.join().unwrap();
        reader.join().unwrap();
    });
}

/// One writer comes while the lock is handed over to another by the last reader.
#[test]
fn two_writers_after_a_reader() {
    model_up_to(3, || {
        let lock = lock();
        std::mem::forget(lock.read());
        // SAFETY: in the name of the guard that was forgotten.
        let reader = spawn(&lock, |lock| unsafe { lock.raw.unlock_read(&Share::Counted) });
        let writer = spawn(&lock, |lock| lock.write().add());
        lock.write().add();
        reader.join().unwrap();
        writer.join().unwrap();
        assert_eq!(lock.read().get(), 2);
    });
}

/// The word says that a writer waits, or has the lock.
fn is_announced(lock: &RwLock<Count>) -> bool {
    !lock.raw.may_read()
}

#[test]
fn a_reader_does_not_overtake_a_writer() {
    model_up_to(3, || {
        let lock = lock();
        let held = lock.read();
        let writer = spawn(&lock, |lock| lock.write().add());
        let reader = spawn(&lock, |lock| {
            let announced = is_announced(lock);
            assert!(lock.read().get() >= usize::from(announced), "the writer was there first");
        });
        drop(held);
        writer.join().unwrap();
        reader.join().unwrap();
    });
}

#[test]
fn a_writer_does_not_overtake_another() {
    model_up_to(3, || {
        let lock = lock();
        let held = lock.read();
        let first = spawn(&lock, |lock| lock.write().add());
        let second = spawn(&lock, |lock| {
            let announced = is_announced(lock);
            assert!(lock.write().get() >= usize::from(announced), "another was there first");
        });
        drop(held);
        first.join().unwrap();
        second.join().unwrap();
    });
}

/// A reader waits, then a writer; the lock is let go, and somebody comes by meanwhile.
fn a_reader_that_waited_goes_before_the_next_writer(
    passer_by: impl Fn(&RwLock<Count>) + Copy + Send + Sync + 'static,
) {
    model_up_to(1, move || {
        let lock = lock();
        let held = lock.write();
        let reader = spawn(&lock, |lock| {
            let guard = one(lock.reading(), Location::caller());
            assert_eq!(guard.get(), 0, "the reader was there first");
        });
        while !lock.raw.has_queued(true, false) {
            thread::yield_now();
        }
        let writer = spawn(&lock, |lock| lock.write().add());
        while !lock.raw.has_queued(true, true) {
            thread::yield_now();
        }
        let passer_by = spawn(&lock, passer_by);
        drop(held);
        for thread in [reader, writer, passer_by] {
            thread.join().unwrap();
        }
    });
}

#[test]
fn a_newcomer_does_not_let_a_writer_go_before_the_readers_turn() {
    a_reader_that_waited_goes_before_the_next_writer(|lock| drop(lock.read()));
}

#[test]
fn who_gives_up_does_not_let_a_writer_go_before_the_readers_turn() {
    a_reader_that_waited_goes_before_the_next_writer(|lock| {
        timer::pass();
        _ = lock.write_deadline(Instant::from_nanos(1));
    });
}

/// A reader that is told to try again finds another writer there; that one hands it its share.
#[test]
fn a_reader_that_tries_again_too_late_waits_for_one_writer_more() {
    model_up_to(2, || {
        let lock = lock();
        let held = lock.write();
        let reader = spawn(&lock, |lock| assert!(lock.read().get() <= 2));
        while !lock.raw.has_queued(true, false) {
            thread::yield_now();
        }
        held.add();
        drop(held);
        lock.write().add();
        assert_eq!(lock.read().get(), 2);
        reader.join().unwrap();
        assert!(lock.try_write().is_some(), "nobody is counted who does not read");
    });
}

/// A lock whose readers are seen in places, and threads that have some.
fn visible() -> Arc<RwLock<Count>> {
    let lock = lock();
    lock.raw.make_visible();
    lock
}

fn worker(
    number: usize,
    lock: &Arc<RwLock<Count>>,
    f: impl FnOnce(&RwLock<Count>) + Send + 'static,
) -> thread::JoinHandle<()> {
    spawn(lock, move |lock| {
        be_worker(number);
        f(lock);
    })
}

#[test]
fn a_visible_reader_and_a_writer() {
    model_up_to(3, || {
        let lock = visible();
        let reader = worker(0, &lock, |lock| assert!(lock.read().get() <= 1));
        lock.write().add();
        reader.join().unwrap();
        assert_eq!(lock.read().get(), 1);
    });
}

#[test]
fn two_visible_readers_and_a_writer() {
    model_up_to(1, || {
        let lock = visible();
        let one = worker(0, &lock, |lock| assert!(lock.read().get() <= 1));
        let other = worker(1, &lock, |lock| assert!(lock.read().get() <= 1));
        lock.write().add();
        one.join().unwrap();
        other.join().unwrap();
        assert_eq!(lock.read().get(), 1);
    });
}

#[test]
fn a_visible_reader_and_two_writers() {
    model_up_to(1, || {
        let lock = visible();
        let reader = worker(0, &lock, |lock| {
            let seen = lock.read().get();
            assert!(lock.read().get() >= seen);
        });
        let writer = spawn(&lock, |lock| lock.write().add());
        lock.write().add();
        reader.join().unwrap();
        writer.join().unwrap();
        assert_eq!(lock.read().get(), 2);
    });
}

#[test]
fn a_visible_reader_and_one_that_tries() {
    model_up_to(3, || {
        let lock = visible();
        let reader = worker(0, &lock, |lock| assert!(lock.read().get() <= 1));
        if let Some(count) = lock.try_write() {
            count.add();
        }
        reader.join().unwrap();
        assert!(lock.try_write().is_some());
    });
}

/// The writer waits in the queue, among other things for a time, when the last of those it can only see leaves.
#[test]
fn visible_readers_leave_while_a_writer_queues() {
    model_up_to(1, || {
        let lock = visible();
        let readers = [0, 1].map(|n| worker(n, &lock, |lock| assert!(lock.read().get() <= 1)));
        let patient =
            lock.write_deadline(Instant::from_nanos(1)).expect("nobody lets the time pass");
        patient.add();
        drop(patient);
        for reader in readers {
            reader.join().unwrap();
        }
    });
}

/// One is counted, one is visible; whoever leaves last lets the writer in.
#[test]
fn a_visible_reader_a_counted_one_and_a_writer() {
    model_up_to(1, || {
        let lock = visible();
        let seen = worker(0, &lock, |lock| assert!(lock.read().get() <= 1));
        let counted = spawn(&lock, |lock| assert!(lock.read().get() <= 1));
        lock.write().add();
        seen.join().unwrap();
        counted.join().unwrap();
    });
}

/// Between readers a writer has found enough of it.
#[test]
fn readers_are_counted_again() {
    model_up_to(1, || {
        let lock = visible();
        lock.raw.writes.store(WRITES - 1, std::sync::atomic::Ordering::Relaxed);
        let readers = [0, 1].map(|n| worker(n, &lock, |lock| assert!(lock.read().get() <= 1)));
        lock.write().add();
        for reader in readers {
            reader.join().unwrap();
        }
    });
}
