//! Who reads, who writes, and who goes next.
//!
//! Promise: without contention one exchange to lock and one instruction to
//! unlock. A writer that waits keeps new readers out, and when a writer
//! unlocks, all readers that wait go before the next writer: so neither side
//! can keep the other from the lock for more than one turn.
//!
//! ```text
//!   state   | number of readers (30 bits) | QUEUED | WRITER |
//!
//!   last reader unlocks   first writer, else all readers
//!   writer unlocks        all readers, else first writer
//!   writer downgrades     all readers, beside the new one
//!   a writer gives up     all readers, unless a writer has the lock or waits
//! ```
//!
//! A newcomer that wants to read counts itself first and looks then; if it must not read it takes itself off
//! again, as a reader does that unlocks. So reading costs one instruction that cannot fail, however many
//! read; and a reader in the count may be one that will not read. It holds up a writer for as long as a short
//! read would.
//!
//! A writer that finds readers sets `WRITER` at once, so that no new ones come, and waits awake for a short
//! time for them to leave. If they stay it takes `WRITER` off again and queues up; readers that have come
//! meanwhile go in between, that once.
//!
//! Invariants (whenever the queues' lock is free):
//! - `QUEUED` is set exactly while somebody is in one of the queues. Then
//!   nobody gets the lock but from the queues: it is handed over.
//! - Somebody waits only while the lock is held, or while the one who has let
//!   go of it is on its way to the queues, to hand it over.
//! - A reader waits only while a writer has the lock, or waits.
//!
//! Why the lock is handed over here, and not in a mutex: a writer that was
//! woken would have to compete with readers, of which there are many.

use std::panic::Location;
use std::ptr::NonNull;

use gorge_base::probe::{self, Hold, Op};
use gorge_base::sync::atomic::{AtomicU32, Ordering};
use gorge_base::sync::hint;
use gorge_sched::Place;

use crate::wait::{Batch, Held, Lock, Queue, Waiter};

const WRITER: u32 = 1;
const QUEUED: u32 = 1 << 1;
const READER: u32 = 1 << 2;
const READERS: u32 = !(WRITER | QUEUED);
/// With so many readers there is no more room; those above it are for newcomers that are about to find out.
const TOO_MANY: u32 = 1 << 31;

/// How often a newcomer looks whether the lock has become free, before it queues up.
const LOOKS: u32 = if cfg!(loom) { 1 } else { 8 };
/// Pauses between two looks, at most. Few: a lock that is read all the time is
/// free for moments only.
const PAUSES: u32 = 8;

/// The lock, without a value.
#[derive(Debug)]
pub(super) struct RawRwLock {
    state: AtomicU32,
    lock: Lock,
    readers: Queue,
    writers: Queue,
}

// SAFETY: the queues are used under `lock` only.
unsafe impl Send for RawRwLock {}
// SAFETY: as above.
unsafe impl Sync for RawRwLock {}

/// Whose turn it is when both wait.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    Readers,
    Writer,
}

impl RawRwLock {
    const_unless_loom! {
        pub(super) const fn new() -> Self {
            RawRwLock {
                state: AtomicU32::new(0),
                lock: Lock::new(),
                readers: Queue::new(),
                writers: Queue::new(),
            }
        }
    }

    /// By what tools know it.
    #[inline(always)]
    pub(super) fn address(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }

    /// By what tools know what readers leave behind for the next writer, which is
    /// not meant for the next reader.
    fn address_of_reads(&self) -> usize {
        self.address() + 1
    }

    /// Tells that the caller reads since just now.
    #[inline(always)]
    pub(super) fn tell_reads(&self, at: &'static Location<'static>) {
        if probe::any() {
            probe::acquire(self.address());
            probe::holds(self.address(), Hold::Shared, at);
        }
    }

    /// Tells that the caller writes since just now.
    #[inline(always)]
    pub(super) fn tell_writes(&self, at: &'static Location<'static>) {
        if probe::any() {
            probe::acquire(self.address());
            probe::acquire(self.address_of_reads());
            probe::holds(self.address(), Hold::Alone, at);
        }
    }

    #[cold]
    #[inline(never)]
    fn tell_unlocks_read(&self) {
        probe::point(Op::ReadUnlock, self.address(), Location::caller());
        probe::lets_go(self.address(), Hold::Shared);
        probe::release(self.address_of_reads());
    }

    #[cold]
    #[inline(never)]
    fn tell_unlocks_write(&self) {
        probe::point(Op::Unlock, self.address(), Location::caller());
        probe::lets_go(self.address(), Hold::Alone);
        probe::release(self.address());
    }

    #[inline]
    pub(super) fn may_read(&self) -> bool {
        self.state.load(Ordering::Relaxed) & (WRITER | QUEUED) == 0
    }

    #[inline]
    pub(super) fn may_write(&self) -> bool {
        self.state.load(Ordering::Relaxed) == 0
    }

    /// Whether somebody is in one of the queues.
    #[cfg(all(test, not(loom)))]
    pub(super) fn is_queued(&self) -> bool {
        self.state.load(Ordering::Relaxed) & QUEUED != 0
    }

    pub(super) fn is_written(&self) -> bool {
        self.state.load(Ordering::Relaxed) & WRITER != 0
    }

    #[inline(always)]
    #[track_caller]
    pub(super) fn try_read(&self) -> bool {
        self.may_read() && self.read()
    }

    /// Reads, unless it must wait: for those who have no reason to expect that.
    #[inline(always)]
    #[track_caller]
    pub(super) fn read(&self) -> bool {
        // Acquire: pairs with the release of a writer's unlock.
        let before = self.state.fetch_add(READER, Ordering::Acquire);
        if before & (WRITER | QUEUED) == 0 && before < TOO_MANY {
            return true;
        }
        self.not_read(before)
    }

    /// Takes off a reader that must not read.
    #[cold]
    #[inline(never)]
    #[track_caller]
    fn not_read(&self, before: u32) -> bool {
        self.one_reader_less();
        assert!(before < TOO_MANY, "sync: too many readers of one RwLock");
        false
    }

    #[inline(always)]
    pub(super) fn try_write(&self) -> bool {
        // Acquire: pairs with the release of every unlock.
        self.state.compare_exchange(0, WRITER, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// Reads, if that becomes possible within a short time while nobody queues.
    pub(super) fn read_soon(&self) -> bool {
        for look in 0..LOOKS {
            pause(look);
            if self.state.load(Ordering::Relaxed) & QUEUED != 0 {
                return false;
            }
            if self.try_read() {
                return true;
            }
        }
        false
    }

    /// Writes, if that becomes possible within a short time while nobody queues.
    pub(super) fn write_soon(&self) -> bool {
        for look in 0..LOOKS {
            let state = self.state.load(Ordering::Relaxed);
            if state & QUEUED != 0 {
                return false;
            }
            if state & WRITER == 0 {
                // Not compare and exchange: readers change the word all the time.
                // Acquire: as in `try_write`, if there are no readers by now.
                let before = self.state.fetch_or(WRITER, Ordering::Acquire);
                if before & WRITER == 0 {
                    return self.await_readers(before);
                }
            }
            pause(look);
        }
        false
    }

    /// With `WRITER` set by the caller, waits for a short time until nobody reads any more. Then the lock is the
    /// caller's; if it takes too long, or somebody queues already, it is as before.
    fn await_readers(&self, before: u32) -> bool {
        let looks = if before & QUEUED == 0 { LOOKS } else { 0 };
        for look in 0..looks {
            // Acquire: pairs with the release in `unlock_read`.
            if self.state.load(Ordering::Acquire) & READERS == 0 {
                return true;
            }
            pause(look);
        }
        self.unlock_write_slow();
        false
    }

    /// # Safety
    /// The caller is one of the readers, and stops being one.
    #[inline(always)]
    pub(super) unsafe fn unlock_read(&self) {
        if probe::any() {
            self.tell_unlocks_read();
        }
        self.one_reader_less();
    }

    #[inline(always)]
    fn one_reader_less(&self) {
        // Release: pairs with the acquire of the next writer. Acquire: who
        // hands the lock to a writer passes on what all readers have done.
        let before = self.state.fetch_sub(READER, Ordering::AcqRel);
        if before == READER | QUEUED {
            self.unlocked(Turn::Writer);
        }
    }

    /// # Safety
    /// The caller is the writer, and stops being it.
    #[inline(always)]
    pub(super) unsafe fn unlock_write(&self) {
        if probe::any() {
            self.tell_unlocks_write();
        }
        // Release: pairs with the acquire of the next reader or writer.
        let alone = self.state.compare_exchange(WRITER, 0, Ordering::Release, Ordering::Relaxed);
        if alone.is_err() {
            self.unlock_write_slow();
        }
    }

    #[cold]
    fn unlock_write_slow(&self) {
        // Release: as above.
        self.state.fetch_and(!WRITER, Ordering::Release);
        self.unlocked(Turn::Readers);
    }

    /// # Safety
    /// The caller is the writer, and becomes a reader.
    pub(super) unsafe fn downgrade(&self) {
        if probe::any() {
            self.tell_unlocks_write();
            probe::holds(self.address(), Hold::Shared, Location::caller());
        }
        // Release: as in `unlock_write`. The difference of the two bits does it in one step.
        let before = self.state.fetch_add(READER - WRITER, Ordering::Release);
        if before & QUEUED != 0 {
            self.unlocked(Turn::Readers);
        }
    }

    #[cold]
    #[inline(never)]
    fn unlocked(&self, turn: Turn) {
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
        let must_wait = self.announce(WRITER | READERS);
        if must_wait {
            // SAFETY: the lock is held; the rest is the caller's promise.
            unsafe { self.writers.push(waiter) };
        }
        must_wait
    }

    /// Says that somebody queues, if somebody does already or one of `holders`
    /// has the lock. Under the queues' lock.
    fn announce(&self, holders: u32) -> bool {
        let mut state = self.state.load(Ordering::Relaxed);
        while state & (QUEUED | holders) != 0 {
            if state & QUEUED != 0 {
                return true;
            }
            // Relaxed: an unlock that sees it takes the queues' lock, which orders.
            match self.state.compare_exchange(
                state,
                state | QUEUED,
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return true,
                Err(now) => state = now,
            }
        }
        false
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
            let free = state & READERS == 0;
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

    /// The first writer that waits gets the lock; false if none waits, or a newcomer has set `WRITER`.
    ///
    /// # Safety
    /// The queues' lock is held, and nobody has this one.
    unsafe fn appoint(&self, writer: &Batch) -> bool {
        // Relaxed: as in `admit`. Set before anybody is won: a newcomer may have set it since
        // `serve` looked (see `write_soon`). It has seen QUEUED, takes it off again, and serves then.
        if self.writers.is_empty() || self.state.fetch_or(WRITER, Ordering::Relaxed) & WRITER != 0 {
            return false;
        }
        // SAFETY: the lock is held; who is popped was won.
        unsafe {
            let Some(waiter) = self.writers.pop() else {
                // All had given up. Relaxed: nobody goes on because of this.
                self.state.fetch_and(!WRITER, Ordering::Relaxed);
                return false;
            };
            writer.push(waiter);
        }
        true
    }
}

impl Drop for RawRwLock {
    #[inline]
    fn drop(&mut self) {
        probe::gone(self.address(), size_of::<RawRwLock>());
    }
}

/// Pauses after look number `look`.
fn pause(look: u32) {
    for _ in 0..PAUSES.min(1 << (look / 2)) {
        hint::spin_loop();
    }
}
