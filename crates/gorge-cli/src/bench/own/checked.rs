//! What every row uses to check itself.

use gorge::Goroutine;

/// The sum of `0..n`: what a receiver must have added up.
pub(crate) fn sum_below(n: u64) -> u64 {
    n * n.saturating_sub(1) / 2
}

/// What a goroutine that does not panic returns.
pub(crate) fn joined<T: Send + 'static>(goroutine: Goroutine<T>) -> T {
    goroutine.join().expect("no panic")
}
