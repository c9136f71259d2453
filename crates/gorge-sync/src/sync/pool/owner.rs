//! The pool as its users see it.

use std::fmt;
use std::sync::Arc;

use super::keep::Keep;
use super::pooled::Pooled;
use crate::sync::once::OnceLock;

/// Values kept for use again, so that not each use must make its own.
///
/// Each processor has a cache of its own, which others look into only when
/// theirs is empty. Any number of values may be kept; one that nobody gets for
/// ten to twenty seconds is dropped, by whoever uses a pool next. So a pool is
/// for what is costly to make and may be gone at any time (buffers), not for
/// what must be closed, or is limited (connections).
///
/// # Examples
/// ```
/// use gorge::sync::Pool;
///
/// static BUFFERS: Pool<Vec<u8>> = Pool::new(|| Vec::with_capacity(4096));
///
/// let mut buffer = BUFFERS.borrow();
/// buffer.clear(); // who had it before may have left something
/// buffer.extend_from_slice(b"hello");
/// drop(buffer); // goes back
/// ```
///
/// # Compared with Go
/// `sync.Pool`: `Get`, `Put`, `New`. What Go empties with each collection of
/// garbage is emptied here by time. [`borrow`](Pool::borrow) gives back by itself.
pub struct Pool<T, F = fn() -> T> {
    keep: OnceLock<Arc<Keep<T>>>,
    new: F,
}

impl<T, F> Pool<T, F> {
    const_unless_loom! {
        /// An empty pool, whose values `new` makes when there is none to use again.
        #[must_use]
        pub const fn new(new: F) -> Self {
            Pool { keep: OnceLock::new(), new }
        }
    }
}

#[cfg(test)]
impl<T: Send + 'static, F> Pool<T, F> {
    /// A pool for tests: another one's use does not make it grow old.
    pub(super) fn by_itself(new: F) -> Self {
        Pool { keep: OnceLock::from(Keep::by_itself()), new }
    }
}

impl<T: Send + 'static, F: Fn() -> T> Pool<T, F> {
    /// A value: one that was put here, or a new one.
    ///
    /// # Blocking
    /// Only as the function that makes new ones does.
    ///
    /// # Panics
    /// Only as that does.
    ///
    /// # Examples
    /// ```
    /// let pool = gorge::sync::Pool::new(|| Vec::<u8>::with_capacity(1024));
    /// assert!(pool.try_get().is_none() && pool.is_empty()); // nothing was put back yet
    /// let buffer = pool.get(); // made
    /// pool.put(buffer);
    /// assert_eq!(pool.len(), 1);
    /// pool.age(); // twice without use, and what is there is dropped
    /// pool.age();
    /// assert_eq!(pool.len(), 0);
    /// ```
    #[inline]
    pub fn get(&self) -> T {
        self.try_get().unwrap_or_else(&self.new)
    }

    /// A value that goes back when it is dropped.
    ///
    /// # Blocking
    /// As [`get`](Self::get).
    #[inline]
    pub fn borrow(&self) -> Pooled<'_, T> {
        Pooled::new(self.get(), self.keep.get_or_init(Keep::new))
    }
}

impl<T: Send + 'static, F> Pool<T, F> {
    /// A value that was put here, if there is one.
    #[inline]
    pub fn try_get(&self) -> Option<T> {
        self.keep.get()?.get()
    }

    /// Keeps `value` for use again.
    #[inline]
    pub fn put(&self, value: T) {
        self.keep.get_or_init(Keep::new).put(value);
    }

    /// How many values are kept; they may be gone when the answer is looked at.
    pub fn len(&self) -> usize {
        self.keep.get().map_or(0, |keep| keep.len())
    }

    /// Whether no value is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Lets the values grow old by one generation at once: those that nobody
    /// has got since the last time are dropped.
    pub fn age(&self) {
        if let Some(keep) = self.keep.get() {
            keep.age();
        }
    }
}

impl<T: Send + 'static, F> fmt::Debug for Pool<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("kept", &self.len()).finish_non_exhaustive()
    }
}
