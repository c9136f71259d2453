//! Who waits for the lock, and who of them goes next.
//!
//! Invariant: who is taken out of a queue here is won, has its share of the lock in the word already, and is
//! made ready once the queues' lock is free.

use std::ptr::NonNull;

use gorge_base::sync::atomic::Ordering;
use gorge_sched::Place;

use super::raw::{QUEUED, READER, READERS, RawRwLock, Turn, VISIBLE, WRITER};
use crate::wait::{Batch, Held, Waiter};

impl RawRwLock {
    #[cold]
    #[inline(never)]
    pub(super) fn unlocked(&self, turn: Turn) {
        self.serve(self.lock.lock(), turn);
    }

    /// Enlists a reader, unless it may read at once.
    ///
    /// # Safety
    /// As for [`Queue::push`].
    pub(super) unsafe fn enlist_reader(&self, waiter: NonNull<Waiter>) -> bool {
        let _held = self.lock.lock();
        // With nobody queued it waits for a writer only.
        let must_wait = self.announce(WRITER);
        if must_wait {
            // SAFETY: the lock is held; the rest is the caller's promise.
            unsafe { self.readers.push(waiter) };
        }
        must_wait
    }

    /// Enlists a writer, unless it may write at once.
    ///
    /// # Safety
    /// As for [`Queue::push`].
    pub(super) unsafe fn enlist_writer(&self, waiter: NonNull<Waiter>) -> bool {
        let _held = self.lock.lock();
        let must_wait = self.announce(WRITER | READERS) || self.announce_to_visible();
        if must_wait {
            // SAFETY: the lock is held; the rest is the caller's promise.
            unsafe { self.writers.push(waiter) };
        }
        must_wait
    }

    /// Says to readers in places that somebody queues, if there are such. Under the queues' lock.
    fn announce_to_visible(&self) -> bool {
        if self.state.load(Ordering::Relaxed) & VISIBLE == 0 {
            return false;
        }
        // Before looking (W1): whoever is seen then sees it in leaving, and comes for the queues' lock.
        let before = self.state.fetch_or(QUEUED, Ordering::Relaxed);
        let seen = self.is_visible(before);
        if !seen && self.readers.is_empty() && self.writers.is_empty() {
            // Release: as in `serve`.
            self.state.fetch_and(!QUEUED, Ordering::Release);
        }
        seen
    }

    /// Enlists a writer that waits awake (see [`Soon::First`](super::soon::Soon)) as the first; then it
    /// waits awake no longer. Not if the readers have left: then the lock is its own.
    ///
    /// # Safety
    /// As for [`Queue::push_front`], and `WRITER` is set on behalf of this writer.
    pub(super) unsafe fn enlist_first(&self, waiter: NonNull<Waiter>) -> bool {
        let _held = self.lock.lock();
        let seen = self.announce_to_visible();
        // Relaxed: as in `announce`.
        let must_wait = self.change(Ordering::Relaxed, |state| {
            (seen || state & READERS != 0).then_some(state & !WRITER | QUEUED)
        });
        if must_wait {
            // SAFETY: the lock is held; the rest is the caller's promise.
            unsafe { self.writers.push_front(waiter) };
        }
        must_wait
    }

    /// Says that somebody queues, if somebody does already or one of `holders`
    /// has the lock. Under the queues' lock.
    fn announce(&self, holders: u32) -> bool {
        // Relaxed: an unlock that sees it takes the queues' lock, which orders.
        self.change(Ordering::Relaxed, |state| {
            (state & (QUEUED | holders) != 0).then_some(state | QUEUED)
        })
    }

    fn change(&self, order: Ordering, f: impl FnMut(u32) -> Option<u32>) -> bool {
        self.state.fetch_update(order, Ordering::Relaxed, f).is_ok()
    }

    /// # Safety
    /// As for [`Queue::withdraw`].
    pub(super) unsafe fn withdraw_reader(&self, waiter: NonNull<Waiter>) {
        let held = self.lock.lock();
        // SAFETY: the lock is held; the rest is the caller's promise.
        unsafe { self.readers.withdraw(waiter) };
        self.serve(held, Turn::Writer);
    }

    /// Takes a writer out again; the readers that it has kept out go in.
    ///
    /// # Safety
    /// As for [`Queue::withdraw`].
    pub(super) unsafe fn withdraw_writer(&self, waiter: NonNull<Waiter>) {
        let held = self.lock.lock();
        // SAFETY: the lock is held; the rest is the caller's promise.
        unsafe { self.writers.withdraw(waiter) };
        self.serve(held, Turn::Writer);
    }

    /// Hands the lock to those whose turn it is, if it can be.
    fn serve(&self, held: Held<'_>, turn: Turn) {
        let (readers, writer) = (Batch::new(), Batch::new());
        // Acquire: what the last holder did is passed on to who is served.
        let state = self.state.load(Ordering::Acquire);
        if state & QUEUED != 0 && state & WRITER == 0 {
            let free = state & READERS == 0 && !self.is_visible(state);
            // SAFETY: the lock is held.
            unsafe {
                let first = if turn == Turn::Readers { self.admit(&readers) } else { 0 };
                if first == 0 && !(free && self.appoint(&writer)) && self.writers.is_empty() {
                    self.admit(&readers);
                }
            }
        }
        if self.readers.is_empty() && self.writers.is_empty() {
            // Release: who gets the lock past the queues from here on comes after us.
            self.state.fetch_and(!QUEUED, Ordering::Release);
        }
        drop(held);
        writer.wake(Place::Next);
        readers.wake(Place::Tail);
    }

    /// All readers that wait go in; tells how many.
    ///
    /// # Safety
    /// The queues' lock is held, and no writer has this one.
    unsafe fn admit(&self, readers: &Batch) -> u32 {
        // SAFETY: the lock is held.
        let count = unsafe { readers.take_all(&self.readers) };
        // Relaxed: they are ordered by being made ready.
        self.state.fetch_add(count * READER, Ordering::Relaxed);
        count
    }

    /// The first writer that waits gets the lock; false if none waits.
    ///
    /// # Safety
    /// The queues' lock is held, and nobody has this one.
    unsafe fn appoint(&self, writer: &Batch) -> bool {
        // SAFETY: the lock is held; who is popped was won.
        unsafe {
            let Some(waiter) = self.writers.pop() else { return false };
            writer.push(waiter);
        }
        // Relaxed: as in `admit`. With QUEUED set nobody else sets it.
        self.state.fetch_or(WRITER, Ordering::Relaxed);
        true
    }
}
