//! Acquiring as an arm of a select; also how every caller waits.

use std::panic::Location;
use std::ptr::NonNull;

use gorge_sched::WaitReason;

use super::permits::Permits;
use super::raw::RawSemaphore;
use crate::select::Selectable;
use crate::wait::Waiter;

/// Acquiring permits, as an arm of a select: gives the [`Permits`].
///
/// More than there will ever be never come.
///
/// # Examples
/// ```
/// use gorge::{select, sync::Semaphore};
///
/// let places = Semaphore::new(2);
/// select! {
///     on(places.acquiring(2)) -> _both => assert_eq!(places.available(), 0),
///     default => panic!("there are two"),
/// }
/// ```
#[derive(Debug)]
#[must_use = "an arm does nothing outside of a select"]
pub struct Acquiring<'a> {
    raw: &'a RawSemaphore,
    count: usize,
    /// Where it was made.
    at: &'static Location<'static>,
}

impl<'a> Acquiring<'a> {
    pub(super) fn new(raw: &'a RawSemaphore, count: usize, at: &'static Location<'static>) -> Self {
        Acquiring { raw, count, at }
    }

    fn permits(&self) -> Permits<'a> {
        self.raw.tell_acquired(self.count, self.at);
        Permits::new(self.raw, self.count)
    }

    fn is_possible(&self) -> bool {
        self.count <= self.raw.size()
    }
}

// SAFETY: looking and enlisting happen under the queue's lock, a waiter is
// served only once it was won, and withdrawing takes the same lock.
unsafe impl<'a> Selectable for Acquiring<'a> {
    type Output = Permits<'a>;

    #[inline]
    fn is_ready(&self) -> bool {
        self.raw.may_acquire(self.count)
    }

    #[inline]
    fn try_now(&mut self) -> Option<Permits<'a>> {
        self.raw.try_acquire(self.count).then(|| self.permits())
    }

    unsafe fn enlist(&mut self, waiter: NonNull<Waiter>) -> bool {
        // SAFETY: the waiter is new and in place, and so is the arm, whose
        // number the slot points to.
        unsafe {
            waiter.as_ref().set_slot((&raw mut self.count).cast());
            // Who asks for the impossible must not stand in the way of others.
            !self.is_possible() || self.raw.enlist(waiter, self.count)
        }
    }

    unsafe fn withdraw(&mut self, waiter: NonNull<Waiter>) {
        if self.is_possible() {
            // SAFETY: as the caller says.
            unsafe { self.raw.withdraw(waiter) }
        }
    }

    unsafe fn complete(&mut self, _: NonNull<Waiter>) -> Permits<'a> {
        self.permits()
    }

    fn wait_reason(&self) -> WaitReason {
        WaitReason::Semacquire
    }
}
