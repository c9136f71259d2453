//! The one word that decides which of several events a waiter gets.
//!
//! ```text
//!            try_win(i)                  i's queue gives the waiter its outcome
//!   OPEN  ---------------->  FIRST + i   and makes it ready
//!     \
//!      \     back_out
//!       `----------------->  WITHDRAWN   nobody will; the waiter goes on by itself
//! ```
//!
//! Invariant: the word leaves `OPEN` exactly once. Without that two channels
//! could both move a value into (or out of) the same select, and one would be
//! lost.

use gorge_base::sync::atomic::{AtomicU32, Ordering};

const OPEN: u32 = 0;
const WITHDRAWN: u32 = 1;
const FIRST: u32 = 2;

/// Shared by all waiters of one select; lies on the selecting stack.
#[derive(Debug)]
pub struct Claim {
    state: AtomicU32,
    /// Whether the arms are chosen among by chance.
    fair: bool,
}

impl Claim {
    /// The arm number under which a deadline wins.
    pub(crate) const ALARM: u32 = u32::MAX - FIRST;

    #[inline(always)]
    pub(crate) fn new(fair: bool) -> Self {
        Claim { state: AtomicU32::new(OPEN), fair }
    }

    #[inline(always)]
    pub(super) fn is_fair(&self) -> bool {
        self.fair
    }

    /// Wins the claim for arm `arm`, unless it has been decided already.
    ///
    /// Only for whoever found a waiter with this claim in a queue, under that
    /// queue's lock (or the alarm, under the lock of its timers).
    #[inline(always)]
    #[must_use = "the winner must serve the waiter and make it ready"]
    pub(crate) fn try_win(&self, arm: u32) -> bool {
        // Relaxed: the exchange decides who, and nothing else. What the winner
        // reads of the waiter was published by the queue's lock; what it
        // writes is published by `ready`.
        self.state.compare_exchange(OPEN, FIRST + arm, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// Takes the claim off the market, unless it has been won.
    #[inline(always)]
    #[must_use = "a waiter that failed to back out will be made ready and must park"]
    pub(crate) fn back_out(&self) -> bool {
        // Relaxed: as in `try_win`.
        self.state.compare_exchange(OPEN, WITHDRAWN, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// Whether nobody has won yet, as a hint.
    #[inline(always)]
    pub(crate) fn is_open(&self) -> bool {
        self.state.load(Ordering::Relaxed) == OPEN
    }

    /// The arm that won; for the waiter itself once it was made ready.
    #[inline(always)]
    pub(crate) fn winner(&self) -> u32 {
        // Relaxed: the winner's exchange comes before its `ready`, and that
        // before the return from `park`.
        let state = self.state.load(Ordering::Relaxed);
        debug_assert!(state >= FIRST, "made ready without having been won");
        state.wrapping_sub(FIRST)
    }
}
