//! One direction of a descriptor: the events heard of, and until when to wait.
//!
//! Invariant: `drained` names a number of events after which the descriptor was
//! seen empty (or full) and nothing has been heard since, as long as the
//! count is still that one. So whoever finds it so may wait without trying.

use gorge_base::atomic::{
    AtomicU64,
    Ordering::{Relaxed, SeqCst},
};

use gorge_sync::sync::{EventCount, Seen};
use gorge_sync::time::Instant;

/// No number of events, no deadline.
const NONE: u64 = u64::MAX;

#[derive(Debug)]
pub(super) struct Side {
    pub(super) events: EventCount,
    drained: AtomicU64,
    /// Nanoseconds on the runtime's clock.
    deadline: AtomicU64,
}

impl Side {
    pub(super) const fn new() -> Side {
        Side {
            events: EventCount::new(),
            drained: AtomicU64::new(NONE),
            deadline: AtomicU64::new(NONE),
        }
    }

    /// As new, but for the count of events. Nobody uses it.
    pub(super) fn reset(&self) {
        self.drained.store(NONE, Relaxed);
        self.deadline.store(NONE, Relaxed);
    }

    /// With so many events seen it was found empty (or full).
    pub(super) fn set_drained(&self, seen: Seen) {
        // Relaxed: whoever reads it compares it with a count that he has read himself.
        self.drained.store(u64::from(seen.to_bits()), Relaxed);
    }

    /// Whether trying would be in vain.
    pub(super) fn is_drained(&self, seen: Seen) -> bool {
        self.drained.load(Relaxed) == u64::from(seen.to_bits())
    }

    /// Sets the moment after which nothing succeeds; whoever waits looks again.
    pub(super) fn set_deadline(&self, deadline: Option<Instant>) {
        // SeqCst and then a lock: who waits reads it after having counted the events.
        self.deadline.store(deadline.map_or(NONE, |d| d.as_nanos().min(NONE - 1)), SeqCst);
        self.events.advance();
    }

    fn deadline(&self) -> Option<Instant> {
        Some(self.deadline.load(SeqCst)).filter(|d| *d != NONE).map(Instant::from_nanos)
    }

    /// The nearer of the deadline and `limit`.
    pub(super) fn until(&self, limit: Option<Instant>) -> Option<Instant> {
        match (self.deadline(), limit) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// Whether the deadline has passed.
    #[inline]
    pub(super) fn is_late(&self) -> bool {
        self.deadline.load(Relaxed) != NONE && self.deadline().is_some_and(|d| d <= Instant::now())
    }
}
