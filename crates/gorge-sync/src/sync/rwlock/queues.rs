//! Who waits for the lock, and who of them goes next.
//!
//! Invariant: who is taken out of a queue here is won, has its share of the lock in the word already (or is a reader
//! that finds by its slot that it has none, and tries again), and is made ready once the queues' lock is free.

use std::ptr::{NonNull, null_mut};

use gorge_base::probe;
use gorge_base::sync::atomic::Ordering;
use gorge_sched::Place;

use super::raw::{QUEUED, READER, READERS, RawRwLock, Turn, VISIBLE, WRITER};
use crate::wait::{Batch, Held, Waiter};

impl RawRwLock {
    #[cold]
    #[inline(never)]
    pub(super) fn unlocked(&self) {
        self.serve(self.lock.lock());
    }

    /// Somebody queues from now on: what the word was before says whose turn it will be. Under the queues' lock.
    fn begins(&self, before: u32) {
        if before & QUEUED == 0 {
            self.set_turn(if before & WRITER == 0 { Turn::Writer } else { Turn::Readers });
        }
    }

    /// Nobody queues any more, if that is so. Under the queues' lock.
    fn may_end(&self) {
        if self.readers.is_empty() && self.writers.is_empty() {
            // SAFETY: the lock is held.
            self.told.with_mut(|told| unsafe { *told = false });
            // Release: who gets the lock past the queues from here on comes after us.
            self.state.fetch_and(!QUEUED, Ordering::Release);
        }
    }

    fn turn(&self) -> Turn {
        // SAFETY: called under the queues' lock.
        self.turn.with(|turn| unsafe { *turn })
    }

    fn set_turn(&self, next: Turn) {
        // SAFETY: called under the queues' lock.
        self.turn.with_mut(|turn| unsafe { *turn = next });
    }

    /// Whether visible readers see that somebody queues. Under the queues' lock.
    pub(super) fn is_told(&self) -> bool {
        // SAFETY: the lock is held.
        self.told.with(|told| unsafe { *told })
    }

    /// Visible readers do, from now on. Under the queues' lock.
    pub(super) fn tell_visible(&self) {
        // SAFETY: the lock is held.
        self.told.with_mut(|told| unsafe { *told = true });
    }

    /// Enlists a reader, unless it may read at once.
    ///
    /// # Safety
    /// As for [`Queue::push`].
    pub(super) unsafe fn enlist_reader(&self, waiter: NonNull<Waiter>) -> bool {
        let _held = self.lock.lock();
        probe::queues(self.address(), true);
        // With nobody queued it waits for a writer only.
        let must_wait = self.announce(WRITER);
        if must_wait {
            // SAFETY: the lock is held; the rest is the caller's promise.
            unsafe { self.readers.push(waiter) };
        } else {
            probe::queues(self.address(), false);
        }
        must_wait
    }

    /// Enlists a writer, unless it may write at once.
    ///
    /// # Safety
    /// As for [`Queue::push`].
    pub(super) unsafe fn enlist_writer(&self, waiter: NonNull<Waiter>) -> bool {
        let _held = self.lock.lock();
        // Before: who does not get in because somebody queues knows for whom it waits.
        probe::queues(self.address(), true);
        let must_wait = self.announce(WRITER | READERS) || self.announce_to_visible();
        if must_wait {
            // SAFETY: the lock is held; the rest is the caller's promise.
            unsafe { self.writers.push(waiter) };
        } else {
            probe::queues(self.address(), false);
        }
        must_wait
    }

    /// Says to readers in places that somebody queues, if there are such. Under the queues' lock.
    fn announce_to_visible(&self) -> bool {
        if self.state.load(Ordering::Relaxed) & VISIBLE == 0 {
            return false;
        }
        // Before looking. W1 of `visible`.
        let before = self.state.fetch_or(QUEUED, Ordering::SeqCst);
        self.begins(before);
        let seen = self.is_visible_to_queues(before);
        if !seen {
            self.may_end();
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
        let must_wait = self
            .change(|state| (seen || state & READERS != 0).then_some(state & !WRITER | QUEUED))
            .is_some();
        if must_wait {
            // Readers have it, and those who queue have come later.
            self.set_turn(Turn::Writer);
            // SAFETY: the lock is held; the rest is the caller's promise.
            unsafe { self.writers.push_front(waiter) };
        }
        must_wait
    }

    /// Says that somebody queues, if somebody does already or one of `holders`
    /// has the lock. Under the queues' lock.
    fn announce(&self, holders: u32) -> bool {
        let before =
            self.change(|state| (state & (QUEUED | holders) != 0).then_some(state | QUEUED));
        before.inspect(|before| self.begins(*before)).is_some()
    }

    /// Changes the word; gives what it was before.
    fn change(&self, f: impl FnMut(u32) -> Option<u32>) -> Option<u32> {
        // Relaxed would do for those who unlock: who sees `QUEUED` takes the queues' lock, which orders.
        // Sequentially consistent: W1 of `visible`.
        self.state.fetch_update(Ordering::SeqCst, Ordering::Relaxed, f).ok()
    }

    /// # Safety
    /// As for [`Queue::withdraw`].
    pub(super) unsafe fn withdraw_reader(&self, waiter: NonNull<Waiter>) {
        let held = self.lock.lock();
        // SAFETY: the lock is held; the rest is the caller's promise.
        unsafe { self.readers.withdraw(waiter) };
        self.serve(held);
    }

    /// Takes a writer out again; the readers that it has kept out go in.
    ///
    /// # Safety
    /// As for [`Queue::withdraw`].
    pub(super) unsafe fn withdraw_writer(&self, waiter: NonNull<Waiter>) {
        let held = self.lock.lock();
        // SAFETY: the lock is held; the rest is the caller's promise.
        unsafe { self.writers.withdraw(waiter) };
        self.serve(held);
    }

    /// Hands the lock to those whose turn it is, if it can be.
    fn serve(&self, held: Held<'_>) {
        let (readers, writer) = (Batch::new(), Batch::new());
        // Acquire: what the last holder did is passed on to who is served.
        let state = self.state.load(Ordering::Acquire);
        if state & QUEUED != 0 && state & WRITER == 0 {
            let free = state & READERS == 0 && !self.is_visible_to_queues(state);
            // SAFETY: the lock is held.
            unsafe {
                let first = if self.turn() == Turn::Readers { self.admit(&readers) } else { 0 };
                if first == 0 && !(free && self.appoint(&writer)) && self.writers.is_empty() {
                    self.admit(&readers);
                }
            }
        }
        self.may_end();
        drop(held);
        writer.wake(Place::Next);
        readers.wake(Place::Tail);
    }

    /// All readers that wait go in; tells how many. While no writer waits those who can are told to try again instead: a
    /// share that is handed to somebody who does not run yet keeps the next writer out for all that time.
    ///
    /// # Safety
    /// The queues' lock is held, and no writer has this one.
    unsafe fn admit(&self, readers: &Batch) -> u32 {
        let mut count = 0;
        let all = !self.writers.is_empty();
        // SAFETY: the lock is held; who is popped was won, and stays in place until it is made ready.
        while let Some(waiter) = unsafe { self.readers.pop() } {
            // SAFETY: as above.
            let waiting = unsafe { waiter.as_ref() };
            if all || waiting.slot().is_null() {
                waiting.set_slot(null_mut());
                count += 1;
                if probe::held() {
                    // Others read, too, and may go on before it does: they do not see it wait behind the next writer.
                    let task = waiting.task();
                    probe::let_in(task.goroutine(), task.address(), self.address());
                }
            }
            // SAFETY: just popped, and won.
            unsafe { readers.push(waiter) };
        }
        // Relaxed: they are ordered by being made ready.
        self.state.fetch_add(count * READER, Ordering::Relaxed);
        self.set_turn(Turn::Writer);
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
        self.set_turn(Turn::Readers);
        true
    }
}
