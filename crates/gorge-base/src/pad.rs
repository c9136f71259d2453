//! A value on cache lines of its own.
//!
//! Promise: no other value shares a line with a [`CachePadded`], nor its neighbour line: Intel's
//! prefetcher fetches lines in pairs and Apple's lines are 128 bytes wide, hence 128 everywhere.
//!
//! ```text
//!   0                64               128
//!   | value .........|................| next value
//!   '------ one CachePadded<T> -------'
//! ```

use core::fmt;
use core::ops::{Deref, DerefMut};

/// Aligns and pads a value to 128 bytes, so that writers of neighbouring values do not slow each
/// other down.
///
/// # Examples
/// ```
/// use gorge_base::CachePadded;
/// let counters = [CachePadded::new(0u64), CachePadded::new(0)];
/// assert_eq!(size_of_val(&counters), 256);
/// assert_eq!(*counters[0], 0);
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq)]
#[repr(align(128))]
pub struct CachePadded<T> {
    value: T,
}

impl<T> CachePadded<T> {
    /// Puts `value` on lines of its own.
    pub const fn new(value: T) -> Self {
        CachePadded { value }
    }

    /// Takes the value out again.
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T> Deref for CachePadded<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for CachePadded<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T> From<T> for CachePadded<T> {
    fn from(value: T) -> Self {
        CachePadded::new(value)
    }
}

impl<T: fmt::Debug> fmt::Debug for CachePadded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::CachePadded;

    #[test]
    fn neighbours_never_share_a_pair_of_lines() {
        let pair = [CachePadded::new(1u8), CachePadded::new(2)];
        let (a, b) = (&raw const *pair[0] as usize, &raw const *pair[1] as usize);
        assert_eq!(a % 128, 0);
        assert_eq!(b - a, 128);
    }

    #[test]
    fn large_values_are_rounded_up() {
        assert_eq!(size_of::<CachePadded<[u8; 129]>>(), 256);
    }
}
