//! What is locked for reading or writing, until dropped.
//!
//! Invariant: a guard owns its share of the lock, which may be let go
//! anywhere; so it may move to another goroutine or thread.

use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

use super::raw::RawRwLock;
use super::share::Share;
use crate::sync::parts::parts;

/// The value of an [`RwLock`](super::RwLock), for reading; dropping this unlocks.
#[must_use = "dropped at once, it unlocks at once"]
pub struct RwLockReadGuard<'a, T: ?Sized> {
    raw: &'a RawRwLock,
    value: NonNull<T>,
    share: Share,
    _borrow: PhantomData<&'a T>,
}

/// The value of an [`RwLock`](super::RwLock), for writing; dropping this unlocks.
#[must_use = "dropped at once, it unlocks at once"]
pub struct RwLockWriteGuard<'a, T: ?Sized> {
    raw: &'a RawRwLock,
    value: NonNull<T>,
    _borrow: PhantomData<&'a mut T>,
}

/// A part of the value of an [`RwLock`](super::RwLock), for writing.
///
/// Made by [`RwLockWriteGuard::map`]. It cannot be downgraded: the part may
/// have been reached through a lock inside, which other readers could take.
///
/// # Examples
/// ```
/// use gorge::sync::{RwLock, RwLockWriteGuard};
///
/// let lock = RwLock::new((1, "one"));
/// *RwLockWriteGuard::map(lock.write(), |pair| &mut pair.0) = 2;
/// assert_eq!(*lock.read(), (2, "one"));
/// ```
#[must_use = "dropped at once, it unlocks at once"]
pub struct MappedRwLockWriteGuard<'a, T: ?Sized> {
    raw: &'a RawRwLock,
    value: NonNull<T>,
    _borrow: PhantomData<&'a mut T>,
}

// SAFETY: it is a shared reference to the value, and the lock may be let go anywhere.
unsafe impl<T: ?Sized + Sync> Send for RwLockReadGuard<'_, T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Sync> Sync for RwLockReadGuard<'_, T> {}
// SAFETY: it is the only reference to the value; `downgrade` makes it a shared one.
unsafe impl<T: ?Sized + Send + Sync> Send for RwLockWriteGuard<'_, T> {}
// SAFETY: sharing it shares the value.
unsafe impl<T: ?Sized + Sync> Sync for RwLockWriteGuard<'_, T> {}
// SAFETY: as for the whole.
unsafe impl<T: ?Sized + Send> Send for MappedRwLockWriteGuard<'_, T> {}
// SAFETY: as for the whole.
unsafe impl<T: ?Sized + Sync> Sync for MappedRwLockWriteGuard<'_, T> {}

impl<'a, T: ?Sized> RwLockReadGuard<'a, T> {
    /// # Safety
    /// The caller hands over its share of the lock, which guards `value`, and is counted in the word.
    #[inline(always)]
    pub(super) unsafe fn new(raw: &'a RawRwLock, value: NonNull<T>) -> Self {
        // SAFETY: as the caller says.
        unsafe { Self::with_share(raw, value, Share::Counted) }
    }

    /// # Safety
    /// The caller hands over its share of the lock, which guards `value`.
    #[inline(always)]
    pub(super) unsafe fn with_share(raw: &'a RawRwLock, value: NonNull<T>, share: Share) -> Self {
        RwLockReadGuard { raw, value, share, _borrow: PhantomData }
    }

    /// The share without the guard: whoever has it unlocks.
    pub(super) fn into_share(guard: Self) -> Share {
        ManuallyDrop::new(guard).share
    }

    /// A guard of a part of the value.
    ///
    /// # Examples
    /// ```
    /// use gorge::sync::{RwLock, RwLockReadGuard};
    ///
    /// let pair = RwLock::new((1, "one"));
    /// let word = RwLockReadGuard::map(pair.read(), |pair| pair.1);
    /// assert_eq!(&*word, "one");
    /// ```
    pub fn map<U: ?Sized>(guard: Self, part: impl FnOnce(&T) -> &U) -> RwLockReadGuard<'a, U> {
        let value = NonNull::from(part(&guard));
        let RwLockReadGuard { raw, share, .. } = *ManuallyDrop::new(guard);
        RwLockReadGuard { raw, value, share, _borrow: PhantomData }
    }

    /// As [`map`](Self::map), for a part that may not be there: then gives the guard back.
    ///
    /// # Errors
    /// The guard itself, when `part` gives `None`.
    ///
    /// # Examples
    /// ```
    /// use gorge::sync::{RwLock, RwLockReadGuard};
    ///
    /// let list = RwLock::new(vec![1]);
    /// let first = RwLockReadGuard::try_map(list.read(), |list| list.first());
    /// assert!(first.is_ok_and(|n| *n == 1));
    /// let ninth = RwLockReadGuard::try_map(list.read(), |list| list.get(8));
    /// assert!(ninth.is_err_and(|guard| guard.len() == 1)); // the guard comes back
    /// ```
    pub fn try_map<U: ?Sized>(
        guard: Self,
        part: impl FnOnce(&T) -> Option<&U>,
    ) -> Result<RwLockReadGuard<'a, U>, Self> {
        let Some(value) = part(&guard).map(NonNull::from) else { return Err(guard) };
        let RwLockReadGuard { raw, share, .. } = *ManuallyDrop::new(guard);
        Ok(RwLockReadGuard { raw, value, share, _borrow: PhantomData })
    }
}

impl<'a, T: ?Sized> RwLockWriteGuard<'a, T> {
    /// # Safety
    /// The caller hands over the lock, which guards `value`.
    #[inline(always)]
    pub(super) unsafe fn new(raw: &'a RawRwLock, value: NonNull<T>) -> Self {
        RwLockWriteGuard { raw, value, _borrow: PhantomData }
    }

    /// Goes on as a reader. No writer comes between; readers that wait go in.
    ///
    /// # Examples
    /// ```
    /// use gorge::sync::{RwLock, RwLockWriteGuard};
    ///
    /// let lock = RwLock::new(1);
    /// let mut writer = lock.write();
    /// *writer = 2;
    /// let reader = RwLockWriteGuard::downgrade(writer);
    /// assert_eq!((*reader, *lock.read()), (2, 2));
    /// ```
    pub fn downgrade(guard: Self) -> RwLockReadGuard<'a, T> {
        let guard = ManuallyDrop::new(guard);
        // SAFETY: the guard is the writer, and is not used any more.
        unsafe { guard.raw.downgrade() };
        let share = Share::Counted;
        RwLockReadGuard { raw: guard.raw, value: guard.value, share, _borrow: PhantomData }
    }
}

parts!(
    RwLockWriteGuard => MappedRwLockWriteGuard,
    "value",
    "use gorge::sync::{RwLock, RwLockWriteGuard};

let list = RwLock::new(vec![1]);
*RwLockWriteGuard::map(list.write(), |list| &mut list[0]) += 1;
let ninth = RwLockWriteGuard::try_map(list.write(), |list| list.get_mut(8));
assert!(ninth.is_err_and(|guard| *guard == [2])); // the guard comes back"
);
parts!(
    MappedRwLockWriteGuard => MappedRwLockWriteGuard,
    "part",
    "use gorge::sync::{MappedRwLockWriteGuard, RwLock, RwLockWriteGuard};

let lock = RwLock::new((1, (2, 3)));
let pair = RwLockWriteGuard::map(lock.write(), |all| &mut all.1);
let pair = MappedRwLockWriteGuard::try_map(pair, |_| None::<&mut ()>).unwrap_err();
*MappedRwLockWriteGuard::map(pair, |pair| &mut pair.0) += 10;
assert_eq!(*lock.read(), (1, (12, 3)));"
);

impl<T: ?Sized> Drop for RwLockReadGuard<'_, T> {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: the share is ours, and nobody can use the guard any more.
        unsafe { self.raw.unlock_read(&self.share) };
    }
}

macro_rules! access {
    ($guard:ident) => {
        impl<T: ?Sized> Deref for $guard<'_, T> {
            type Target = T;

            #[inline(always)]
            fn deref(&self) -> &T {
                // SAFETY: the lock is held by the guard, which is borrowed.
                unsafe { self.value.as_ref() }
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

macro_rules! write_access {
    ($guard:ident) => {
        impl<T: ?Sized> DerefMut for $guard<'_, T> {
            #[inline(always)]
            fn deref_mut(&mut self) -> &mut T {
                // SAFETY: the guard is the writer, and is borrowed for this alone.
                unsafe { self.value.as_mut() }
            }
        }

        impl<T: ?Sized> Drop for $guard<'_, T> {
            #[inline(always)]
            fn drop(&mut self) {
                // SAFETY: the lock is ours, and nobody can use the guard any more.
                unsafe { self.raw.unlock_write() };
            }
        }
    };
}

access!(RwLockReadGuard);
access!(RwLockWriteGuard);
access!(MappedRwLockWriteGuard);
write_access!(RwLockWriteGuard);
write_access!(MappedRwLockWriteGuard);
