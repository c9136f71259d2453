//! Monotonic nanoseconds.
//!
//! Promise: [`now`] never goes back, starts well above zero, and is the clock by which the
//! deadlines of [`futex`](crate::futex) and [`Parker`](crate::Parker) are measured. 64 bits last
//! for 584 years.

use crate::os;

/// The time on the monotonic clock, in nanoseconds since some moment before this process asked.
///
/// # Examples
/// ```
/// let start = gorge_sys::clock::now();
/// assert!(gorge_sys::clock::now() >= start);
/// ```
#[inline]
pub fn now() -> u64 {
    os::clock::now()
}

#[cfg(test)]
mod tests {
    use super::now;
    use std::time::{Duration, Instant};

    #[test]
    fn it_never_goes_back() {
        let mut last = now();
        assert!(last > 0);
        for _ in 0..100_000 {
            let next = now();
            assert!(next >= last);
            last = next;
        }
    }

    #[test]
    fn it_agrees_with_the_standard_library() {
        let (outer, start) = (Instant::now(), now());
        while Duration::from_nanos(now() - start) < Duration::from_millis(5) {}
        assert!(outer.elapsed() >= Duration::from_millis(5));
    }
}
