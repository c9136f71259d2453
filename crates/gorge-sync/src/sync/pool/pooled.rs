//! A value that goes back by itself.

use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};

use super::keep::Keep;

/// A value of a [`Pool`](super::Pool), which goes back when this is dropped,
/// also by a panic.
///
/// # Examples
/// ```
/// use gorge::sync::{Pool, Pooled};
///
/// let pool = Pool::new(Vec::<u8>::new);
/// let mut buffer: Pooled<'_, Vec<u8>> = pool.borrow(); // goes back when dropped
/// buffer.push(1);
/// let kept = Pooled::into_inner(buffer); // or does not
/// assert_eq!(kept, [1]);
/// ```
pub struct Pooled<'a, T: Send + 'static> {
    value: ManuallyDrop<T>,
    keep: &'a Keep<T>,
}

impl<'a, T: Send + 'static> Pooled<'a, T> {
    #[inline]
    pub(super) fn new(value: T, keep: &'a Keep<T>) -> Self {
        Pooled { value: ManuallyDrop::new(value), keep }
    }

    /// The value, which does not go back.
    pub fn into_inner(pooled: Self) -> T {
        let mut pooled = ManuallyDrop::new(pooled);
        // SAFETY: taken once; what is left is not dropped.
        unsafe { ManuallyDrop::take(&mut pooled.value) }
    }
}

impl<T: Send + 'static> Drop for Pooled<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: taken once: nobody uses it any more.
        self.keep.put(unsafe { ManuallyDrop::take(&mut self.value) });
    }
}

impl<T: Send + 'static> Deref for Pooled<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: Send + 'static> DerefMut for Pooled<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T: Send + fmt::Debug + 'static> fmt::Debug for Pooled<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}
