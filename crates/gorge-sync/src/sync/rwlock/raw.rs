//! The word of the lock: who reads, who writes, and in what order they come to it.
//!
//! Promise: without contention one exchange to lock and one instruction to
//! unlock. A writer that waits keeps new readers out, and when a writer
//! unlocks, all readers that wait go before the next writer that waits: so
//! neither side can keep the other from the lock for long.
//!
//! ```text
//!   state   | number of readers (29 bits) | VISIBLE | QUEUED | WRITER |
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
//! While `VISIBLE` is set there may be readers that are not in the number: see `visible`.
//!
//! A writer that finds readers sets `WRITER` at once, so that no new ones come, and waits awake for a short
//! time for them to leave. If they stay it queues up, as the first: nobody who came later goes before it.
//! (See `soon`.) Writers that wait awake for another writer have no order among themselves until they queue up.
//!
//! While no writer waits, a reader that can is not handed the lock but told to try again, once: so the lock is free for
//! whoever runs, and not taken by readers that wait for a processor. A writer may come first meanwhile; then the reader
//! queues up again, and is handed its share by that writer. So it waits for one writer more than those who are handed theirs at once.
//!
//! Invariants (whenever the queues' lock is free):
//! - `QUEUED` is set exactly while somebody is in one of the queues. Then
//!   nobody gets the lock but from the queues: it is handed over. So nobody
//!   sets `WRITER` meanwhile but who serves them, under the queues' lock.
//! - Somebody waits only while the lock is held, or while the one who has let
//!   go of it is on its way to the queues, to hand it over.
//! - A reader waits only while a writer has the lock, or waits.
//! - While `QUEUED` is set, `turn` says whose turn it is: that of the readers since a writer has the lock, and of a
//!   writer since readers have it. So whoever comes to serve the queues (the one who unlocks, a newcomer that takes
//!   itself off, somebody who gives up) serves the same.
//!
//! Why writers are handed the lock, unlike those of a mutex: one that was
//! woken would have to compete with readers, of which there are many.

use std::panic::Location;

use gorge_base::atomic::AtomicU8;
use gorge_base::probe::{self, Hold, Op};

use gorge_base::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use gorge_base::sync::cell::UnsafeCell;

use super::share::Share;
use crate::wait::{Lock, Queue};

pub(super) const WRITER: u32 = 1;
pub(super) const QUEUED: u32 = 1 << 1;
pub(super) const VISIBLE: u32 = 1 << 2;
pub(super) const READER: u32 = 1 << 3;
pub(super) const READERS: u32 = !(WRITER | QUEUED | VISIBLE);
/// With so many readers there is no more room; those above it are for newcomers that are about to find out.
const TOO_MANY: u32 = 1 << 31;

/// The lock, without a value.
#[derive(Debug)]
pub(super) struct RawRwLock {
    pub(super) state: AtomicU32,
    pub(super) lock: Lock,
    pub(super) readers: Queue,
    pub(super) writers: Queue,
    /// Whose turn it is when both wait. For who holds the queues' lock.
    pub(super) turn: UnsafeCell<Turn>,
    /// Visible readers see that somebody queues. For who holds the queues' lock.
    pub(super) told: UnsafeCell<bool>,
    /// Whether `VISIBLE` is set, or was until just now: where readers look first.
    pub(super) visibly: AtomicBool,
    /// What readers write in their places; 0 until there is a need for a name.
    pub(super) name: AtomicUsize,
    /// How often the lock was read since it was written, readers have met in the word, and writers have looked at the
    /// places, of late. Lost counts are no harm, and there is nothing for loom to see.
    pub(super) reads: AtomicU8,
    pub(super) meetings: AtomicU8,
    pub(super) writes: AtomicU8,
}

// SAFETY: the queues, and what belongs to them, are used under `lock` only.
unsafe impl Send for RawRwLock {}
// SAFETY: as above.
unsafe impl Sync for RawRwLock {}

/// Whose turn it is when both wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Turn {
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
                turn: UnsafeCell::new(Turn::Writer),
                told: UnsafeCell::new(false),
                visibly: AtomicBool::new(false),
                name: AtomicUsize::new(0),
                reads: AtomicU8::new(0),
                meetings: AtomicU8::new(0),
                writes: AtomicU8::new(0),
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
        probe::release_empty(self.address_of_reads());
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
        let state = self.state.load(Ordering::Relaxed);
        state & !VISIBLE == 0 && !self.is_visible(state)
    }

    /// Whether somebody is in one of the queues.
    #[cfg(all(test, not(loom)))]
    pub(super) fn is_queued(&self) -> bool {
        self.state.load(Ordering::Relaxed) & QUEUED != 0
    }

    /// Whether readers wait in the queue, and writers.
    #[cfg(test)]
    pub(super) fn has_queued(&self, readers: bool, writers: bool) -> bool {
        let _held = self.lock.lock();
        (!self.readers.is_empty(), !self.writers.is_empty()) == (readers, writers)
    }

    pub(super) fn is_written(&self) -> bool {
        self.state.load(Ordering::Relaxed) & WRITER != 0
    }

    /// Reads, counted in the word.
    #[inline(always)]
    #[track_caller]
    pub(super) fn try_read(&self) -> bool {
        self.may_read() && self.count()
    }

    /// Reads, unless it must wait: for those who have no reason to expect that.
    #[inline(always)]
    #[track_caller]
    pub(super) fn read(&self) -> Option<Share> {
        // Not the word itself: reading what we have just written, to unlock, would cost half of locking.
        // Acquire: the lock's name is there.
        if self.visibly.load(Ordering::Acquire) {
            if let Some(place) = self.read_visibly() {
                return Some(Share::Visible(place));
            }
            if !self.may_read() {
                return None; // without touching the word, which a writer is about to write again
            }
        }
        if !self.count() {
            return None;
        }
        self.reads_again();
        Some(Share::Counted)
    }

    #[inline(always)]
    #[track_caller]
    fn count(&self) -> bool {
        // Acquire: pairs with the release of a writer's unlock.
        let before = self.state.fetch_add(READER, Ordering::Acquire);
        before & !VISIBLE == 0 || self.counted_with(before)
    }

    /// It was counted into a word that was not empty: takes off a reader that must not read.
    #[inline(never)]
    #[track_caller]
    fn counted_with(&self, before: u32) -> bool {
        if before & (WRITER | QUEUED) == 0 && before < TOO_MANY {
            if before & VISIBLE == 0 {
                self.meets();
            }
            return true;
        }
        self.one_reader_less();
        assert!(before < TOO_MANY, "sync: too many readers of one RwLock");
        false
    }

    /// Writes, if nobody has the lock, and there are no readers to look for.
    #[inline(always)]
    pub(super) fn write(&self) -> bool {
        // Acquire: pairs with the release of every unlock.
        let written =
            self.state.compare_exchange(0, WRITER, Ordering::Acquire, Ordering::Relaxed).is_ok();
        if written {
            self.reads.store(0, Ordering::Relaxed);
        }
        written
    }

    #[inline(always)]
    pub(super) fn try_write(&self) -> bool {
        // Acquire: pairs with the release of every unlock.
        match self.state.compare_exchange(0, WRITER, Ordering::Acquire, Ordering::Relaxed) {
            Ok(_) => true,
            Err(VISIBLE) => self.try_write_visible(),
            Err(_) => false,
        }
    }

    /// Nobody is counted, or queues: writes, if no reader is seen.
    #[inline(never)]
    fn try_write_visible(&self) -> bool {
        // Looks first: so readers are hardly ever kept out by an attempt that fails.
        let first = !self.is_visible(VISIBLE)
            && self
                .state
                .compare_exchange(VISIBLE, VISIBLE | WRITER, Ordering::SeqCst, Ordering::Relaxed)
                .is_ok();
        if !first {
            return false;
        }
        if self.is_visible(VISIBLE) {
            self.no_writer_any_more();
            return false;
        }
        self.wrote();
        true
    }

    /// # Safety
    /// The caller is one of the readers, by this share, and stops being one.
    #[inline(always)]
    pub(super) unsafe fn unlock_read(&self, share: &Share) {
        if probe::any() {
            self.tell_unlocks_read();
        }
        match share {
            Share::Counted => self.one_reader_less(),
            Share::Visible(place) => self.leave(place),
        }
    }

    #[inline(always)]
    fn one_reader_less(&self) {
        // Release: pairs with the acquire of the next writer. Acquire: who
        // hands the lock to a writer passes on what all readers have done.
        let before = self.state.fetch_sub(READER, Ordering::AcqRel);
        if before & !VISIBLE == READER | QUEUED {
            self.unlocked();
        }
    }

    /// # Safety
    /// The caller is the writer, and stops being it.
    #[inline(always)]
    pub(super) unsafe fn unlock_write(&self) {
        if probe::any() {
            self.tell_unlocks_write();
        }
        self.no_writer_any_more();
    }

    #[inline(always)]
    fn no_writer_any_more(&self) {
        // Release: pairs with the acquire of the next reader or writer.
        let before = self.state.fetch_sub(WRITER, Ordering::Release);
        if before & QUEUED != 0 {
            self.unlocked();
        }
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
            self.unlocked();
        }
    }
}

impl Drop for RawRwLock {
    #[inline]
    fn drop(&mut self) {
        probe::gone(self.address(), size_of::<RawRwLock>());
        if self.state.load(Ordering::Relaxed) & VISIBLE != 0 {
            self.forget_visible();
        }
    }
}
