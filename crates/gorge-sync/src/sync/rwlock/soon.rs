//! Waiting awake, for a short time, before queueing up.
//!
//! Invariant: `WRITER` is set here only where nobody has the lock for writing and nobody queues. From then on
//! the writer is the next, whether it goes on waiting awake or queues up.

use gorge_base::sync::atomic::Ordering;
use gorge_base::sync::hint;

use super::raw::{QUEUED, READERS, RawRwLock, VISIBLE, WRITER};

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
    pub(super) fn read_soon(&self) -> bool {
        for look in 0..looks() {
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
    pub(super) fn write_soon(&self) -> Soon {
        for look in 0..looks().max(1) {
            let state = self.state.load(Ordering::Relaxed);
            if state & QUEUED != 0 {
                return Soon::Later;
            }
            // Acquire: as in `try_write`, if there are no readers.
            let first = state & WRITER == 0
                && self
                    .state
                    .compare_exchange(state, state | WRITER, Ordering::Acquire, Ordering::Relaxed)
                    .is_ok();
            if first {
                return self.await_readers();
            }
            pause(look);
        }
        Soon::Later
    }

    /// With `WRITER` set by the caller, waits for a short time until nobody reads any more.
    fn await_readers(&self) -> Soon {
        for look in 0..looks().max(1) {
            if self.has_no_readers() {
                if self.state.load(Ordering::Relaxed) & VISIBLE != 0 {
                    self.wrote();
                }
                return Soon::Locked;
            }
            pause(look);
        }
        Soon::First
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
