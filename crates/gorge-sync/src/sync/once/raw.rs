//! Who does it, and who waits for that.
//!
//! ```text
//!   NEW --enter--> RUNNING --finish--> DONE
//!    ^                |
//!    '--- dropped ----'   (a panic)
//! ```
//!
//! While somebody listens it is `TOLD` in the place of `DONE`: it has been done, and whoever comes later says so.
//! (What was done before nobody listened to, so nobody need hear of its end.) So asking costs one comparison.
//!
//! Invariants:
//! - Only who made the step from `NEW` to `RUNNING` leaves `RUNNING`.
//! - `RUNNING` is left under the crowd's lock; so who enters the crowd, having
//!   seen `RUNNING` under it, is let go.

use std::panic::Location;
use std::ptr::NonNull;

use gorge_base::probe::{self, Hold, Op};
use gorge_base::sync::atomic::{AtomicU8, Ordering};
use gorge_sched::WaitReason;

use crate::select::{Selectable, one};
use crate::sync::crowd::Crowd;
use crate::wait::Waiter;

const NEW: u8 = 0;
const RUNNING: u8 = 1;
const DONE: u8 = 2;
const TOLD: u8 = 3;

#[derive(Debug)]
pub(super) struct RawOnce {
    state: AtomicU8,
    crowd: Crowd,
}

/// The right, and duty, to do it.
#[derive(Debug)]
#[must_use]
pub(super) struct Entered<'a>(&'a RawOnce, &'static Location<'static>);

impl RawOnce {
    const_unless_loom! {
        pub(super) const fn new() -> Self {
            RawOnce { state: AtomicU8::new(NEW), crowd: Crowd::new() }
        }
    }

    /// Whether it has been done, and what was written then can be read.
    #[inline(always)]
    #[track_caller]
    pub(super) fn is_done(&self) -> bool {
        // Acquire: pairs with the release in `leave`.
        let state = self.state.load(Ordering::Acquire);
        state == DONE || self.is_told(state)
    }

    /// As [`is_done`](Self::is_done), for whoever does nothing about it if not.
    #[inline(always)]
    #[track_caller]
    pub(super) fn looks_done(&self) -> bool {
        probe::point(Op::Load, self.address(), Location::caller());
        self.is_done()
    }

    #[cold]
    #[track_caller]
    fn is_told(&self, state: u8) -> bool {
        let told = state == TOLD;
        if told {
            probe::point(Op::Load, self.address(), Location::caller());
            probe::acquire(self.address());
        }
        told
    }

    /// By what tools know it.
    #[inline(always)]
    fn address(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }

    /// The right to do it; `None` when it has been done. Waits for who is at it.
    #[cold]
    #[inline(never)]
    pub(super) fn enter(&self, at: &'static Location<'static>) -> Option<Entered<'_>> {
        probe::point(Op::Once, self.address(), at);
        loop {
            // Acquire: pairs with the release in `leave`, in both cases.
            match self.state.compare_exchange(NEW, RUNNING, Ordering::Acquire, Ordering::Acquire) {
                Ok(_) => {
                    probe::acquire(self.address());
                    probe::holds(self.address(), Hold::Alone, at);
                    return Some(Entered(self, at));
                }
                Err(DONE | TOLD) => {
                    probe::acquire(self.address());
                    return None;
                }
                Err(_) => {
                    probe::waits(Op::Once, self.address(), at);
                    one(Over(self), at);
                    probe::goes_on(self.address());
                }
            }
        }
    }

    fn is_running(&self) -> bool {
        // Acquire: who waits goes on to read what was done.
        self.state.load(Ordering::Acquire) == RUNNING
    }

    fn leave(&self, state: u8, at: &'static Location<'static>) {
        // A run that is over does not leave here: those who wait would wait for ever.
        gorge_sched::bubble::whole(|| probe::point(Op::Signal, self.address(), at));
        if probe::any() {
            probe::lets_go(self.address(), Hold::Alone);
            probe::release(self.address());
        }
        // Release: pairs with the acquire in `is_done` and `enter`.
        self.crowd.release_all(|| self.state.store(state, Ordering::Release));
    }
}

impl Entered<'_> {
    /// It has been done.
    pub(super) fn finish(self) {
        let (once, at) = (self.0, self.1);
        std::mem::forget(self);
        once.leave(if probe::any() { TOLD } else { DONE }, at);
    }
}

impl Drop for Entered<'_> {
    /// It has not been done: somebody else may.
    fn drop(&mut self) {
        self.0.leave(NEW, self.1);
    }
}

/// Waiting until nobody is at it.
struct Over<'a>(&'a RawOnce);

// SAFETY: looking and enlisting happen under the crowd's lock, which also
// serves and withdraws.
unsafe impl Selectable for Over<'_> {
    type Output = ();

    fn is_ready(&self) -> bool {
        !self.0.is_running()
    }

    fn try_now(&mut self) -> Option<()> {
        (!self.0.is_running()).then_some(())
    }

    unsafe fn enlist(&mut self, waiter: NonNull<Waiter>) -> bool {
        // SAFETY: as the caller says.
        unsafe { self.0.crowd.enlist(waiter, || self.0.is_running()) }
    }

    unsafe fn withdraw(&mut self, waiter: NonNull<Waiter>) {
        // SAFETY: as the caller says.
        unsafe { self.0.crowd.withdraw(waiter) }
    }

    unsafe fn complete(&mut self, _: NonNull<Waiter>) {}

    fn wait_reason(&self) -> WaitReason {
        WaitReason::Once
    }
}

impl Drop for RawOnce {
    #[inline]
    fn drop(&mut self) {
        probe::gone(self.address(), size_of::<RawOnce>());
    }
}
