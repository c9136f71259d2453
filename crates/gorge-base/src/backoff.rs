//! Waiting a little for somebody who is nearly done.
//!
//! Promise: the pauses double (1, 2, 4, ...) up to a limit, so that a short wait ends soon and a
//! contended word is looked at ever more rarely; a wait that outlasts the limit gives the OS thread
//! away at each step, so that it cannot starve whoever it waits for on the same processor.
//!
//! ```text
//!   step      0   1   2   3  ...  LIMIT   LIMIT+1 ...
//!   spin      1   2   4   8  ...  2^L     2^L         pauses (never yields)
//!   wait      1   2   4   8  ...  2^L     yield       pauses, then the OS thread goes
//! ```

use crate::sync::{hint, thread};

/// Growing pauses for spin loops.
///
/// # Examples
/// ```
/// use gorge_base::Backoff;
/// use std::sync::atomic::{AtomicBool, Ordering};
///
/// let locked = AtomicBool::new(false);
/// let mut backoff = Backoff::new();
/// while locked.swap(true, Ordering::Acquire) {
///     backoff.wait();
/// }
/// ```
#[derive(Debug)]
pub struct Backoff {
    step: u32,
    limit: u32,
}

impl Default for Backoff {
    fn default() -> Self {
        Backoff::new()
    }
}

impl Backoff {
    /// Pauses grow up to 64 processor pauses: long enough for a critical section of a few dozen
    /// instructions on another processor, short against a context switch of the system.
    #[inline]
    pub const fn new() -> Self {
        Backoff::up_to(64)
    }

    /// Pauses grow up to `pauses` (rounded down to a power of two, at least one).
    #[inline]
    pub const fn up_to(pauses: u32) -> Self {
        let limit = if pauses == 0 { 0 } else { pauses.ilog2() };
        Backoff { step: 0, limit }
    }

    /// Pauses without ever giving the OS thread away: between attempts that fail because somebody
    /// else *succeeded* (a lost compare-and-swap).
    #[inline]
    pub fn spin(&mut self) {
        let pauses = 1 << self.step.min(self.limit);
        self.step = self.step.saturating_add(1);
        pause(pauses);
    }

    /// Pauses, and once the pauses are at their limit yields the OS thread instead: while waiting
    /// for somebody who may not be running (the holder of a lock).
    #[inline]
    pub fn wait(&mut self) {
        if self.step <= self.limit {
            self.spin();
        } else {
            yield_slow();
        }
    }

    /// Whether the pauses are used up: time to block properly, where that is possible.
    #[inline]
    pub fn is_exhausted(&self) -> bool {
        self.step > self.limit
    }

    /// Begins again with the shortest pause.
    #[inline]
    pub fn reset(&mut self) {
        self.step = 0;
    }
}

#[inline]
fn pause(pauses: u32) {
    // One pause is as good as many to loom: each lets the other threads run.
    let pauses = if cfg!(loom) { 1 } else { pauses };
    for _ in 0..pauses {
        hint::spin_loop();
    }
}

#[cold]
fn yield_slow() {
    thread::yield_now();
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::Backoff;

    #[test]
    fn pauses_end_after_the_limit() {
        for (pauses, steps) in [(0, 1), (1, 1), (2, 2), (64, 7), (100, 7)] {
            let mut backoff = Backoff::up_to(pauses);
            for _ in 0..steps {
                assert!(!backoff.is_exhausted(), "{pauses}");
                backoff.wait();
            }
            assert!(backoff.is_exhausted(), "{pauses}");
            backoff.wait();
            backoff.reset();
            assert!(!backoff.is_exhausted());
        }
    }

    #[test]
    fn spinning_for_ever_does_not_overflow() {
        let mut backoff = Backoff { step: u32::MAX - 1, limit: 2 };
        backoff.spin();
        backoff.spin();
        assert!(backoff.is_exhausted());
    }
}
