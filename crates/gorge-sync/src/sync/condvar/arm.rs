//! Waiting for the mark in one's entry, as an arm of a select.
//!
//! Invariant: the entry is linked until it was signalled, or [`Signalled::leave`] has taken it out.

use std::ptr::NonNull;

use gorge_base::sync::atomic::Ordering;
use gorge_sched::WaitReason;

use super::line::{Entry, Line, mark, parked};
use crate::select::Selectable;
use crate::wait::{Queue, Waiter};

/// Waiting for the mark in one's entry.
pub(super) struct Signalled<'a> {
    pub(super) line: &'a Line,
    pub(super) entry: NonNull<Entry>,
}

impl Signalled<'_> {
    fn parked(&self) -> &Queue {
        // SAFETY: the entry is the owner's, on its stack below.
        unsafe { parked(self.entry) }
    }

    fn is_signalled(&self) -> bool {
        // SAFETY: as above.
        let mark = unsafe { mark(self.entry) };
        // Acquire: pairs with the release of who has signalled.
        mark.load(Ordering::Acquire)
    }

    /// The time is over: takes the entry out. False if it was signalled after all.
    pub(super) fn leave(self) -> bool {
        let _held = self.line.lock.lock();
        // SAFETY: the lock is held, the entry alive and in this list or in none.
        unsafe { self.line.remove(self.entry) };
        !self.is_signalled()
    }
}

// SAFETY: looking and enlisting happen under the lock, a waiter is served only
// once it was won, and withdrawing takes the same lock.
unsafe impl Selectable for Signalled<'_> {
    type Output = ();

    fn is_ready(&self) -> bool {
        self.is_signalled()
    }

    fn try_now(&mut self) -> Option<()> {
        self.is_signalled().then_some(())
    }

    unsafe fn enlist(&mut self, waiter: NonNull<Waiter>) -> bool {
        let _held = self.line.lock.lock();
        if self.is_signalled() {
            return false;
        }
        // SAFETY: the lock is held; the rest is the caller's promise.
        unsafe { self.parked().push(waiter) };
        true
    }

    unsafe fn withdraw(&mut self, waiter: NonNull<Waiter>) {
        let _held = self.line.lock.lock();
        // SAFETY: the lock is held; the rest is the caller's promise.
        unsafe { self.parked().withdraw(waiter) };
    }

    unsafe fn complete(&mut self, _: NonNull<Waiter>) {}

    fn wait_reason(&self) -> WaitReason {
        WaitReason::Cond
    }
}
