//! The word of the lock: who reads, who writes, and in what order they come to it.
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
//! time for them to leave. If they stay it queues up, as the first: nobody who came later goes before it.
//! (See `soon`.) Writers that wait awake for another writer have no order among themselves until they queue up.
//!
//! Invariants (whenever the queues' lock is free):
//! - `QUEUED` is set exactly while somebody is in one of the queues. Then
//!   nobody gets the lock but from the queues: it is handed over. So nobody
//!   sets `WRITER` meanwhile but who serves them, under the queues' lock.
//! - Somebody waits only while the lock is held, or while the one who has let
//!   go of it is on its way to the queues, to hand it over.
//! - A reader waits only while a writer has the lock, or waits.
//!
//! Why the lock is handed over here, and not in a mutex: a writer that was
//! woken would have to compete with readers, of which there are many.

use std::panic::Location;

use gorge_base::probe::{self, Hold, Op};
use gorge_base::sync::atomic::{AtomicU32, Ordering};

use crate::wait::{Lock, Queue};

pub(super) const WRITER: u32 = 1;
pub(super) const QUEUED: u32 = 1 << 1;
pub(super) const READER: u32 = 1 << 2;
pub(super) const READERS: u32 = !(WRITER | QUEUED);
/// With so many readers there is no more room; those above it are for newcomers that are about to find out.
const TOO_MANY: u32 = 1 << 31;

/// The lock, without a value.
#[derive(Debug)]
pub(super) struct RawRwLock {
    pub(super) state: AtomicU32,
    pub(super) lock: Lock,
    pub(super) readers: Queue,
    pub(super) writers: Queue,
}

// SAFETY: the queues are used under `lock` only.
unsafe impl Send for RawRwLock {}
// SAFETY: as above.
unsafe impl Sync for RawRwLock {}

/// Whose turn it is when both wait.
#[derive(Clone, Copy, PartialEq, Eq)]
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
}

impl Drop for RawRwLock {
    #[inline]
    fn drop(&mut self) {
        probe::gone(self.address(), size_of::<RawRwLock>());
    }
}
