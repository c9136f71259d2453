//! Locking for reading and for writing as arms of a select; also how every
//! caller waits.
//!
//! Invariant: who waits here is handed its share of the lock, so an arm that
//! has won owns it; but for [`Patient`], who may be told to try again instead.

use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;
use std::ptr::NonNull;

use gorge_sched::WaitReason;

use super::guard::{RwLockReadGuard, RwLockWriteGuard};
use super::raw::RawRwLock;
use crate::select::Selectable;
use crate::wait::Waiter;

/// Locking for reading, as an arm of a select: gives the guard.
///
/// # Examples
/// ```
/// use gorge::{select, sync::RwLock};
///
/// let lock = RwLock::new(7);
/// select! {
///     on(lock.reading()) -> guard => assert_eq!(*guard, 7),
///     default => panic!("nobody writes"),
/// }
/// ```
#[must_use = "an arm does nothing outside of a select"]
pub struct Reading<'a, T: ?Sized> {
    raw: &'a RawRwLock,
    value: NonNull<T>,
    /// Where it was made.
    at: &'static Location<'static>,
    _borrow: PhantomData<&'a T>,
}

/// Locking for writing, as an arm of a select: gives the guard.
///
/// # Examples
/// ```
/// use gorge::{select, sync::RwLock};
///
/// let lock = RwLock::new(7);
/// select! {
///     on(lock.writing()) -> mut guard => *guard += 1,
///     default => panic!("nobody has it"),
/// }
/// assert_eq!(*lock.read(), 8);
/// ```
///
/// Its value is that of the lock, no shorter one:
/// ```compile_fail
/// use gorge::sync::{RwLock, Writing};
///
/// fn shorter<'a, 'b>(arm: Writing<'a, &'static str>) -> Writing<'a, &'b str> {
///     arm // through its guard a text that ends could be left in the lock
/// }
/// ```
#[must_use = "an arm does nothing outside of a select"]
pub struct Writing<'a, T: ?Sized> {
    raw: &'a RawRwLock,
    value: NonNull<T>,
    /// Where it was made.
    at: &'static Location<'static>,
    /// As the guard that it gives: a lock of a `&'static str` is no arm of a shorter one.
    _borrow: PhantomData<&'a mut T>,
}

macro_rules! arm {
    ($arm:ident, $guard:ident, $may:ident, $try_now:ident, $tell:ident, $enlist:ident, $withdraw:ident, $reason:ident) => {
        // SAFETY: it reaches the value only by locking.
        unsafe impl<T: ?Sized + Send + Sync> Send for $arm<'_, T> {}
        // SAFETY: shared, it tells only whether the lock is free.
        unsafe impl<T: ?Sized + Send + Sync> Sync for $arm<'_, T> {}

        impl<'a, T: ?Sized> $arm<'a, T> {
            pub(super) fn new(
                raw: &'a RawRwLock,
                value: NonNull<T>,
                at: &'static Location<'static>,
            ) -> Self {
                $arm { raw, value, at, _borrow: PhantomData }
            }

            fn guard(&self) -> $guard<'a, T> {
                self.raw.$tell(self.at);
                // SAFETY: called by who owns the share, once per time it does.
                unsafe { $guard::new(self.raw, self.value) }
            }
        }

        // SAFETY: looking and enlisting happen under the queues' lock, a waiter is
        // served only once it was won, and withdrawing takes the same lock.
        unsafe impl<'a, T: ?Sized + 'a> Selectable for $arm<'a, T> {
            type Output = $guard<'a, T>;

            #[inline]
            fn is_ready(&self) -> bool {
                self.raw.$may()
            }

            #[inline]
            fn try_now(&mut self) -> Option<Self::Output> {
                self.raw.$try_now().then(|| self.guard())
            }

            unsafe fn enlist(&mut self, waiter: NonNull<Waiter>) -> bool {
                // SAFETY: as the caller says.
                unsafe { self.raw.$enlist(waiter) }
            }

            unsafe fn withdraw(&mut self, waiter: NonNull<Waiter>) {
                // SAFETY: as the caller says.
                unsafe { self.raw.$withdraw(waiter) }
            }

            unsafe fn complete(&mut self, _: NonNull<Waiter>) -> Self::Output {
                self.guard()
            }

            fn wait_reason(&self) -> WaitReason {
                WaitReason::$reason
            }
        }

        impl<T: ?Sized> fmt::Debug for $arm<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($arm)).finish_non_exhaustive()
            }
        }
    };
}

arm!(
    Reading,
    RwLockReadGuard,
    may_read,
    try_read,
    tell_reads,
    enlist_reader,
    withdraw_reader,
    RwLockRead
);
arm!(
    Writing,
    RwLockWriteGuard,
    may_write,
    try_write,
    tell_writes,
    enlist_writer,
    withdraw_writer,
    RwLockWrite
);

/// Queueing up for writing as the first, who has waited awake: see [`Soon::First`](super::soon::Soon).
pub(super) struct First<'a, T: ?Sized>(pub(super) Writing<'a, T>);

// SAFETY: as above; until it is enlisted, and after that if it was not, `WRITER` is set on its behalf. There is no
// deadline and no other arm, so it is never withdrawn and never dropped before it has the lock.
unsafe impl<'a, T: ?Sized + 'a> Selectable for First<'a, T> {
    type Output = RwLockWriteGuard<'a, T>;

    fn is_ready(&self) -> bool {
        self.0.raw.has_no_readers()
    }

    fn try_now(&mut self) -> Option<Self::Output> {
        self.is_ready().then(|| self.0.guard())
    }

    unsafe fn enlist(&mut self, waiter: NonNull<Waiter>) -> bool {
        // SAFETY: as the caller says.
        unsafe { self.0.raw.enlist_first(waiter) }
    }

    unsafe fn withdraw(&mut self, _: NonNull<Waiter>) {}

    unsafe fn complete(&mut self, _: NonNull<Waiter>) -> Self::Output {
        self.0.guard()
    }

    fn wait_reason(&self) -> WaitReason {
        self.0.wait_reason()
    }
}

/// Queueing up for reading, by who waits for nothing else: it may be told to try again (`None`), once, instead of being
/// handed a share. Its waiter's slot says so, unless who serves the queues has counted it: then that is null.
pub(super) struct Patient<'a, T: ?Sized>(pub(super) Reading<'a, T>);

// SAFETY: as above. Who finds the slot as it was has no share, and gives no guard.
unsafe impl<'a, T: ?Sized + 'a> Selectable for Patient<'a, T> {
    type Output = Option<RwLockReadGuard<'a, T>>;

    fn is_ready(&self) -> bool {
        self.0.is_ready()
    }

    fn try_now(&mut self) -> Option<Self::Output> {
        self.0.try_now().map(Some)
    }

    unsafe fn enlist(&mut self, waiter: NonNull<Waiter>) -> bool {
        // SAFETY: the waiter is the caller's, and not linked yet.
        unsafe { waiter.as_ref() }.set_slot(NonNull::dangling().as_ptr());
        // SAFETY: as the caller says.
        unsafe { self.0.raw.enlist_reader(waiter) }
    }

    unsafe fn withdraw(&mut self, waiter: NonNull<Waiter>) {
        // SAFETY: as the caller says.
        unsafe { self.0.raw.withdraw_reader(waiter) };
    }

    unsafe fn complete(&mut self, waiter: NonNull<Waiter>) -> Self::Output {
        // SAFETY: the waiter is the caller's again.
        let counted = unsafe { waiter.as_ref() }.slot().is_null();
        counted.then(|| self.0.guard())
    }

    fn wait_reason(&self) -> WaitReason {
        self.0.wait_reason()
    }
}
