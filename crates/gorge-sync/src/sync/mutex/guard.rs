//! What is locked, until dropped.
//!
//! Invariant: a guard owns the lock; no other reference to the value lives as
//! long as it does. So it may move to another goroutine or thread, and unlock
//! there, as a mutex of Go may.

use std::fmt;
use std::marker::PhantomData;
use std::mem::{ManuallyDrop, needs_drop};
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::ptr::NonNull;

use super::raw::RawMutex;
use crate::sync::parts::parts;

/// The value of a locked [`Mutex`](super::Mutex); dropping this unlocks it.
///
/// "Unlock of unlocked mutex", a fatal error in Go, cannot be written.
#[must_use = "dropped at once, it unlocks at once"]
pub struct MutexGuard<'a, T: ?Sized> {
    raw: &'a RawMutex,
    value: NonNull<T>,
    _borrow: PhantomData<&'a mut T>,
}

/// A part of the value of a locked [`Mutex`](super::Mutex).
///
/// Made by [`MutexGuard::map`]. A condition cannot be waited for with it:
/// meanwhile the part could go.
///
/// # Examples
/// ```
/// use gorge::sync::{Mutex, MutexGuard};
///
/// let lock = Mutex::new((1, "one"));
/// let mut number = MutexGuard::map(lock.lock(), |pair| &mut pair.0);
/// *number = 2;
/// drop(number);
/// assert_eq!(*lock.lock(), (2, "one"));
/// ```
#[must_use = "dropped at once, it unlocks at once"]
pub struct MappedMutexGuard<'a, T: ?Sized> {
    raw: &'a RawMutex,
    value: NonNull<T>,
    _borrow: PhantomData<&'a mut T>,
}

// SAFETY: it is the only reference to the value, and the lock may be let go anywhere.
unsafe impl<T: ?Sized + Send> Send for MutexGuard<'_, T> {}
// SAFETY: sharing it shares the value.
unsafe impl<T: ?Sized + Sync> Sync for MutexGuard<'_, T> {}
// SAFETY: as for the whole.
unsafe impl<T: ?Sized + Send> Send for MappedMutexGuard<'_, T> {}
// SAFETY: as for the whole.
unsafe impl<T: ?Sized + Sync> Sync for MappedMutexGuard<'_, T> {}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    /// # Safety
    /// The caller hands over the lock, which guards `value`.
    #[inline(always)]
    pub(in crate::sync) unsafe fn new(raw: &'a RawMutex, value: NonNull<T>) -> Self {
        MutexGuard { raw, value, _borrow: PhantomData }
    }

    /// The lock, for those who let it go for a while.
    pub(in crate::sync) fn raw(&self) -> &'a RawMutex {
        self.raw
    }

    /// Unlocks while `f` runs, and locks again before it returns, also when
    /// `f` panics.
    ///
    /// # Blocking
    /// As [`Mutex::lock`](super::Mutex::lock), after `f`.
    ///
    /// # Examples
    /// ```
    /// use gorge::sync::{Mutex, MutexGuard};
    ///
    /// let lock = Mutex::new(1);
    /// let mut guard = lock.lock();
    /// MutexGuard::unlocked(&mut guard, || *lock.lock() += 1); // anybody could have it here
    /// assert_eq!(*guard, 2);
    /// ```
    #[track_caller]
    pub fn unlocked<R>(guard: &mut Self, f: impl FnOnce() -> R) -> R {
        struct Relock<'r>(&'r RawMutex, &'static Location<'static>);
        impl Drop for Relock<'_> {
            fn drop(&mut self) {
                self.0.lock(self.1);
            }
        }
        let _relock = Relock(guard.raw, Location::caller());
        // SAFETY: the guard owns the lock, is borrowed until it has it again,
        // and gives no access meanwhile.
        unsafe { guard.raw.unlock(needs_drop::<T>()) };
        f()
    }
}

parts!(
    MutexGuard => MappedMutexGuard,
    "value",
    "use gorge::sync::{Mutex, MutexGuard};

let list = Mutex::new(vec![1]);
*MutexGuard::map(list.lock(), |list| &mut list[0]) += 1;
let first = MutexGuard::try_map(list.lock(), |list| list.first_mut());
assert!(first.is_ok_and(|n| *n == 2));
let ninth = MutexGuard::try_map(list.lock(), |list| list.get_mut(8));
assert!(ninth.is_err_and(|guard| guard.len() == 1)); // the guard comes back"
);
parts!(
    MappedMutexGuard => MappedMutexGuard,
    "part",
    "use gorge::sync::{MappedMutexGuard, Mutex, MutexGuard};

let lock = Mutex::new((1, (2, 3)));
let pair = MutexGuard::map(lock.lock(), |all| &mut all.1);
let pair = MappedMutexGuard::try_map(pair, |_| None::<&mut ()>).unwrap_err();
*MappedMutexGuard::map(pair, |pair| &mut pair.0) += 10;
assert_eq!(*lock.lock(), (1, (12, 3)));"
);

macro_rules! access {
    ($guard:ident, $leaves:expr) => {
        impl<T: ?Sized> Deref for $guard<'_, T> {
            type Target = T;

            #[inline(always)]
            fn deref(&self) -> &T {
                // SAFETY: the lock is ours, and the guard is borrowed.
                unsafe { self.value.as_ref() }
            }
        }

        impl<T: ?Sized> DerefMut for $guard<'_, T> {
            #[inline(always)]
            fn deref_mut(&mut self) -> &mut T {
                // SAFETY: the lock is ours, and the guard is borrowed for this alone.
                unsafe { self.value.as_mut() }
            }
        }

        impl<T: ?Sized> Drop for $guard<'_, T> {
            #[inline(always)]
            fn drop(&mut self) {
                // SAFETY: the lock is ours, and nobody can use the guard any more.
                unsafe { self.raw.unlock($leaves) };
            }
        }

        impl<T: ?Sized + fmt::Debug> fmt::Debug for $guard<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<T: ?Sized + fmt::Display> fmt::Display for $guard<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }
    };
}

access!(MutexGuard, needs_drop::<T>());
// Of what kind the whole is nobody knows any more.
access!(MappedMutexGuard, true);
