//! The word that says who is idle: how many processors have no worker and how
//! many workers look for work.
//!
//! ```text
//!   bits 0..16   idle processors
//!   bits 16..32  spinning workers
//! ```
//!
//! Whoever makes something runnable reads it with one relaxed load; zero in
//! the low half means there is nobody to wake, a non-zero high half that
//! somebody is already looking. See the README beside this file for the
//! protocol and why it loses no work.

use gorge_base::sync::atomic::{
    AtomicU32,
    Ordering::{Relaxed, SeqCst},
};

const SPINNER: u32 = 1 << 16;

/// See the module's head.
#[derive(Debug)]
pub(crate) struct Idle(AtomicU32);

/// One reading of the word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Reading(u32);

impl Reading {
    /// Nobody is idle.
    #[inline(always)]
    pub(crate) fn all_busy(self) -> bool {
        self.0 & (SPINNER - 1) == 0
    }

    /// Somebody looks for work already.
    #[inline(always)]
    pub(crate) fn someone_spins(self) -> bool {
        self.0 >= SPINNER
    }

    /// How many processors have no worker.
    pub(crate) fn idle_processors(self) -> usize {
        (self.0 & (SPINNER - 1)) as usize
    }
}

impl Idle {
    #[cfg(not(loom))]
    pub(crate) const fn new() -> Idle {
        Idle(AtomicU32::new(0))
    }

    #[cfg(loom)]
    pub(crate) fn new() -> Idle {
        Idle(AtomicU32::new(0))
    }

    #[inline(always)]
    pub(crate) fn read(&self) -> Reading {
        Reading(self.0.load(Relaxed))
    }

    pub(crate) fn read_ordered(&self) -> Reading {
        Reading(self.0.load(SeqCst))
    }

    /// `n` processors became idle.
    pub(crate) fn add(&self, n: usize) {
        self.0.fetch_add(n as u32, SeqCst);
    }

    /// An idle processor was taken by a worker that knows its work.
    pub(crate) fn remove(&self) {
        self.0.fetch_sub(1, SeqCst);
    }

    /// An idle processor was taken by a worker that starts out spinning.
    pub(crate) fn remove_to_spin(&self) {
        self.0.fetch_add(SPINNER - 1, SeqCst);
    }

    /// A running worker begins to look for work, unless another does.
    #[must_use]
    pub(crate) fn try_spin(&self) -> bool {
        if self.read().someone_spins() {
            return false;
        }
        self.0.fetch_add(SPINNER, SeqCst);
        true
    }

    /// A spinning worker found work. `true`: it was the last that looked, and
    /// there are idle processors.
    #[must_use]
    pub(crate) fn found(&self) -> bool {
        let before = Reading(self.0.fetch_sub(SPINNER, SeqCst));
        !before.all_busy() && before.0 < 2 * SPINNER
    }

    /// A spinning worker found nothing and its processor becomes idle.
    pub(crate) fn gave_up(&self) {
        self.0.fetch_sub(SPINNER - 1, SeqCst);
    }
}
