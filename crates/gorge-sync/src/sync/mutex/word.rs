//! The word of a mutex, and its transitions.
//!
//! ```text
//!   LOCKED    somebody has it
//!   WAITERS   the queue may hold somebody: unlocking must look
//!   WOKEN     somebody is awake and after the lock: unlocking need not wake anybody
//!   STARVING  the lock is handed over: who comes newly queues up
//! ```
//!
//! Each transition is one method; who may call it, and when, is the business of [`raw`](super::raw). An
//! acquire here pairs with the release by which somebody else let go.
//!
//! Why not compare and exchange on the way in and out: while somebody waits the word is never the one that was
//! expected, and each lock and unlock would take two attempts.

use gorge_base::sync::atomic::{AtomicU16, Ordering};

const LOCKED: u16 = 1;
const WAITERS: u16 = 1 << 1;
const WOKEN: u16 = 1 << 2;
const STARVING: u16 = 1 << 3;

/// See the top of the file.
#[derive(Debug)]
#[repr(transparent)]
pub(super) struct Word(AtomicU16);

impl Word {
    const_unless_loom! {
        pub(super) const fn new() -> Self {
            Word(AtomicU16::new(0))
        }
    }

    /// Takes the lock, or finds that somebody has it: then false.
    #[inline(always)]
    pub(super) fn lock(&self) -> bool {
        self.0.fetch_or(LOCKED, Ordering::Acquire) & LOCKED == 0
    }

    /// Lets go; true if somebody waits and nobody is awake.
    #[inline(always)]
    #[must_use = "somebody waits to be woken"]
    pub(super) fn unlock(&self) -> bool {
        // LOCKED is set, and is the lowest bit.
        self.0.fetch_sub(LOCKED, Ordering::Release) & (WAITERS | WOKEN) == WAITERS
    }

    /// Lets go, if nobody waits or is awake.
    pub(super) fn unlock_alone(&self) -> bool {
        self.0.compare_exchange(LOCKED, 0, Ordering::Release, Ordering::Relaxed).is_ok()
    }

    /// Takes the lock if it is free, as the one on whose behalf `WOKEN` was set if `woken`.
    #[inline]
    pub(super) fn take(&self, woken: bool) -> bool {
        self.change(Ordering::Acquire, |state| {
            (state & LOCKED == 0).then_some(without(state, WOKEN, woken) | LOCKED)
        })
    }

    /// Sets `WOKEN`, if that spares an unlock from waking somebody.
    pub(super) fn claim_awake(&self) -> bool {
        // Relaxed, here and below where nothing is let go: what else changes is ordered by the queue's lock.
        let state = self.0.load(Ordering::Relaxed);
        state & (WOKEN | WAITERS | LOCKED) == WAITERS | LOCKED
            && self
                .0
                .compare_exchange(state, state | WOKEN, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }

    /// Says that somebody waits, unless the lock is free. Under the queue's lock.
    pub(super) fn announce(&self, woken: bool, starving: bool) -> bool {
        self.change(Ordering::Relaxed, |state| {
            let mode = if starving { STARVING } else { 0 };
            (state & LOCKED != 0).then_some(without(state, WOKEN, woken) | WAITERS | mode)
        })
    }

    /// The mode is over. Under the queue's lock.
    pub(super) fn end_starvation(&self) {
        self.0.fetch_and(!STARVING, Ordering::Relaxed);
    }

    /// The queue is empty, and with it the mode is over. Under the queue's lock.
    pub(super) fn nobody_waits(&self) {
        self.0.fetch_and(!(WAITERS | STARVING), Ordering::Relaxed);
    }

    /// Lets go, whoever may be awake.
    pub(super) fn let_go(&self) {
        self.0.fetch_and(!LOCKED, Ordering::Release);
    }

    /// Lets go, if somebody is awake who will take it.
    pub(super) fn leave_to_woken(&self) -> bool {
        self.change(Ordering::Release, |state| {
            (state & (WOKEN | STARVING) == WOKEN).then_some(state & !LOCKED)
        })
    }

    /// Lets go on behalf of a waiter that is about to be woken, the `last` or not.
    pub(super) fn leave_to_next(&self, last: bool) {
        self.change(Ordering::Release, |state| {
            Some(without(state & !LOCKED, WAITERS, last) | WOKEN)
        });
    }

    #[inline]
    pub(super) fn is_locked(&self) -> bool {
        self.0.load(Ordering::Relaxed) & LOCKED != 0
    }

    pub(super) fn has_waiters(&self) -> bool {
        self.0.load(Ordering::Relaxed) & WAITERS != 0
    }

    pub(super) fn is_starving(&self) -> bool {
        self.0.load(Ordering::Relaxed) & STARVING != 0
    }

    #[inline]
    fn change(&self, order: Ordering, f: impl FnMut(u16) -> Option<u16>) -> bool {
        self.0.fetch_update(order, Ordering::Relaxed, f).is_ok()
    }
}

/// `state` without `bit`, if `clears`.
#[inline(always)]
fn without(state: u16, bit: u16, clears: bool) -> u16 {
    if clears { state & !bit } else { state }
}
