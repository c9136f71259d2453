//! Atomic variables that tools see: those of `std`, with the same operations,
//! which tell what they do to who listens (see `gorge_base::probe`).
//!
//! Promise: as long as nobody listens, an operation is that of `std`, and one
//! load of a word that never changes.
//!
//! Orderings mean what they say, to the race detector too: a relaxed store
//! publishes nothing, and what is read after a relaxed load may be in a race.
//! Only [`fence`] is seen as more than it is: as ordered with all other fences.
//!
//! Go's atomics are all `SeqCst`.
//!
//! # Examples
//! ```
//! use gorge::sync::atomic::{AtomicI64, Ordering};
//!
//! static COUNTER: AtomicI64 = AtomicI64::new(0);
//!
//! gorge::scope(|s| {
//!     for _ in 0..100 {
//!         s.go(|| COUNTER.fetch_add(4, Ordering::SeqCst));
//!     }
//! });
//! assert_eq!(COUNTER.load(Ordering::SeqCst), 400);
//! ```

mod told;
mod types;

pub use std::sync::atomic::Ordering;
pub use told::fence;
pub use types::{
    AtomicBool, AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr, AtomicU8,
    AtomicU16, AtomicU32, AtomicU64, AtomicUsize,
};

#[cfg(test)]
mod tests;
