//! Waiting as an arm of a select, and with a deadline.
//!
//! Invariant: who gives up is no longer counted as one who waits, unless it has been released.

use std::panic::Location;
use std::ptr::NonNull;

use gorge_base::probe;
use gorge_base::sync::atomic::Ordering;
use gorge_sched::WaitReason;

use super::shared::{Shared, State};
use crate::select::Selectable;
use crate::wait::Waiter;

/// Waiting for a [`WaitGroup`](super::WaitGroup), as an arm of a select.
///
/// # Examples
/// ```
/// use gorge::{select, sync::WaitGroup};
///
/// let group = WaitGroup::new();
/// group.add(1);
/// select! {
///     on(group.waiting()) -> _ => panic!("one is still at work"),
///     default => {}
/// }
/// group.done();
/// ```
#[derive(Debug)]
#[must_use = "an arm does nothing outside of a select"]
pub struct GroupDone<'a> {
    pub(super) shared: &'a Shared,
    /// Where it was made.
    pub(super) at: &'static Location<'static>,
}

// SAFETY: looking and enlisting happen under the lock, a waiter is served only
// once it was won, and withdrawing takes the same lock.
unsafe impl Selectable for GroupDone<'_> {
    type Output = ();

    fn is_ready(&self) -> bool {
        // Acquire: pairs with the `add` that made it zero.
        State::of(self.shared.state.load(Ordering::Acquire)).counter == 0
    }

    fn try_now(&mut self) -> Option<()> {
        let zero = self.is_ready();
        if zero {
            probe::acquire(self.shared.address());
        }
        zero.then_some(())
    }

    unsafe fn enlist(&mut self, waiter: NonNull<Waiter>) -> bool {
        let _held = self.shared.lock.lock();
        let must_wait = self.shared.count_waiter();
        if must_wait {
            // SAFETY: the lock is held; the rest is the caller's promise.
            unsafe { self.shared.waiters.push(waiter) };
        }
        must_wait
    }

    unsafe fn withdraw(&mut self, waiter: NonNull<Waiter>) {
        // SAFETY: the caller's promise.
        unsafe { self.shared.give_up(waiter) }
    }

    unsafe fn complete(&mut self, _: NonNull<Waiter>) {
        if probe::any() {
            self.shared.tell_waited(false, self.at);
        }
        self.shared.check_reuse();
    }

    unsafe fn undo(&mut self, _: NonNull<Waiter>) {
        // Nothing was given. Who is there no more does not mind that the group is used again.
    }

    fn wait_reason(&self) -> WaitReason {
        WaitReason::WaitGroup
    }
}
