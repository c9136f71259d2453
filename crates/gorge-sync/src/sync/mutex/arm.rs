//! Locking as an arm of a select, and with a deadline.
//!
//! Invariant: who waits here is handed the lock, so an arm that has won owns it.

use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;
use std::ptr::NonNull;

use gorge_sched::WaitReason;

use super::guard::MutexGuard;
use super::raw::RawMutex;
use crate::select::Selectable;
use crate::wait::Waiter;

/// Locking a mutex, as an arm of a select: gives the guard.
///
/// Made by [`Mutex::locking`](super::Mutex::locking).
///
/// # Examples
/// ```
/// use gorge::{select, sync::Mutex, time};
/// use std::time::Duration;
///
/// let lock = Mutex::new(7);
/// select! {
///     on(lock.locking()) -> guard => assert_eq!(*guard, 7),
///     timeout(Duration::from_secs(1)) => panic!("nobody has it"),
/// }
/// ```
///
/// Its value is that of the mutex, no shorter one:
/// ```compile_fail
/// use gorge::sync::{Locking, Mutex};
///
/// fn shorter<'a, 'b>(arm: Locking<'a, &'static str>) -> Locking<'a, &'b str> {
///     arm // through its guard a text that ends could be left in the mutex
/// }
/// ```
#[must_use = "an arm does nothing outside of a select"]
pub struct Locking<'a, T: ?Sized> {
    raw: &'a RawMutex,
    value: NonNull<T>,
    /// Where it was made.
    at: &'static Location<'static>,
    /// As the guard that it gives: a lock of a `&'static str` is no arm of a shorter one.
    _borrow: PhantomData<&'a mut T>,
}

// SAFETY: it reaches the value only by locking.
unsafe impl<T: ?Sized + Send> Send for Locking<'_, T> {}
// SAFETY: shared, it tells only whether the lock is free.
unsafe impl<T: ?Sized + Send> Sync for Locking<'_, T> {}

impl<'a, T: ?Sized> Locking<'a, T> {
    pub(super) fn new(
        raw: &'a RawMutex,
        value: NonNull<T>,
        at: &'static Location<'static>,
    ) -> Self {
        Locking { raw, value, at, _borrow: PhantomData }
    }

    fn guard(&self) -> MutexGuard<'a, T> {
        self.raw.tell_locked(self.at);
        // SAFETY: called by who owns the lock, once per time it does.
        unsafe { MutexGuard::new(self.raw, self.value) }
    }
}

// SAFETY: looking and enlisting happen under the queue's lock, a waiter is
// served only once it was won, and withdrawing takes the same lock.
unsafe impl<'a, T: ?Sized + 'a> Selectable for Locking<'a, T> {
    type Output = MutexGuard<'a, T>;

    #[inline]
    fn is_ready(&self) -> bool {
        !self.raw.is_locked()
    }

    #[inline]
    fn try_now(&mut self) -> Option<Self::Output> {
        self.raw.take_free().then(|| self.guard())
    }

    unsafe fn enlist(&mut self, waiter: NonNull<Waiter>) -> bool {
        // SAFETY: as the caller says.
        unsafe { self.raw.enlist(waiter) }
    }

    unsafe fn withdraw(&mut self, waiter: NonNull<Waiter>) {
        // SAFETY: as the caller says.
        unsafe { self.raw.withdraw(waiter) }
    }

    unsafe fn complete(&mut self, _: NonNull<Waiter>) -> Self::Output {
        self.guard()
    }

    fn wait_reason(&self) -> WaitReason {
        WaitReason::Mutex
    }
}

impl<T: ?Sized> fmt::Debug for Locking<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Locking").field("locked", &self.raw.is_locked()).finish()
    }
}
