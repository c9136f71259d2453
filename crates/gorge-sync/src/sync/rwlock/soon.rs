//! Waiting awake, for a short time, before queueing up.
//!
//! Invariant: `WRITER` is set here only where nobody has the lock for writing and nobody queues. From then on
//! the writer is the next, whether it goes on waiting awake or queues up.

use gorge_base::sync::atomic::Ordering;
use gorge_base::sync::hint;

use super::raw::{QUEUED, READERS, RawRwLock, VISIBLE, WRITER};
use super::share::Share;

/// How often a newcomer looks whether the lock has become free, before it queues up.
const LOOKS: u32 = if cfg!(loom) { 1 } else { 8 };
/// Pauses between two looks, at most. Few: a lock that is read all the time is
/// free for moments only.
const PAUSES: u32 = 8;

/// What came of a writer's waiting awake.
pub(super) enum Soon {
    /// It has the lock.
    Locked,
    /// Readers have it still; `WRITER` is set, and so the writer is the next. It must wait on, and queue up by
    /// [`enlist_first`](RawRwLock::enlist_first).
    First,
    /// It must queue up, behind whoever came before.
    Later,
}

impl RawRwLock {
    /// Reads, if that becomes possible within a short time while nobody queues.
    pub(super) fn read_soon(&self) -> Option<Share> {
        for look in 0..looks() {
            pause(look);
            let state = self.state.load(Ordering::Relaxed);
            if state & QUEUED != 0 {
                return None;
            }
            if state & WRITER == 0
                && let Some(share) = self.read()
            {
                return Some(share);
            }
        }
        None
    }

    /// Writes, if that becomes possible within a short time while nobody queues.
    pub(super) fn write_soon(&self) -> Soon {
        // Before joining the others: so the readers among them make way, instead of computing while we queue for a
        // processor.
        if let Some(soon) = self.be_first() {
            return soon;
        }
        for look in 0..looks() {
            pause(look);
            if let Some(soon) = self.be_first() {
                return soon;
            }
        }
        Soon::Later
    }

    /// Sets `WRITER`, unless somebody else has it, and waits for the readers.
    fn be_first(&self) -> Option<Soon> {
        let state = self.state.load(Ordering::Relaxed);
        if state & QUEUED != 0 {
            return Some(Soon::Later);
        }
        // Acquire: as in `try_write`, if there are no readers. Sequentially consistent: W1 of `visible`.
        let first = state & WRITER == 0
            && self
                .state
                .compare_exchange(state, state | WRITER, Ordering::SeqCst, Ordering::Relaxed)
                .is_ok();
        first.then(|| self.await_readers())
    }

    /// With `WRITER` set by the caller, waits for a short time until nobody reads any more.
    fn await_readers(&self) -> Soon {
        if self.is_left_to_writer() {
            return Soon::Locked;
        }
        for look in 0..looks() {
            pause(look);
            if self.is_left_to_writer() {
                return Soon::Locked;
            }
        }
        Soon::First
    }

    /// The readers have left, and the lock is the writer's on whose behalf `WRITER` is set.
    fn is_left_to_writer(&self) -> bool {
        let left = self.has_no_readers();
        if left && self.state.load(Ordering::Relaxed) & VISIBLE != 0 {
            self.wrote();
        }
        left
    }

    /// Whether the readers have left, for the writer on whose behalf `WRITER` is set: the lock is its own then.
    pub(super) fn has_no_readers(&self) -> bool {
        // Acquire: pairs with the release in `one_reader_less`.
        let state = self.state.load(Ordering::Acquire);
        state & READERS == 0 && !self.is_visible(state)
    }
}

/// How often to look, by whoever has joined the others again first: not at all while none of those that it
/// would wait for can run.
fn looks() -> u32 {
    let lost = gorge_sched::rejoin();
    if lost || gorge_sched::others_run() { LOOKS } else { 0 }
}

/// Pauses after look number `look`.
fn pause(look: u32) {
    for _ in 0..PAUSES.min(1 << (look / 2)) {
        hint::spin_loop();
    }
}
