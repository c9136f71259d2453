//! Mutual exclusion.
//!
//! | file | holds |
//! |---|---|
//! | `raw` | the word, the queue, and the two modes |
//! | `guard` | what is locked, until dropped |
//! | `arm` | locking as an arm of a select |
//! | `lock` | [`Mutex`]: all of it around a value |

pub(super) mod arm;
pub(super) mod guard;
pub(super) mod lock;
pub(super) mod raw;

pub use arm::Locking;
pub use guard::{MappedMutexGuard, MutexGuard};
pub use lock::Mutex;

#[cfg(all(test, loom))]
mod loom_tests;
#[cfg(all(test, not(loom)))]
mod tests;
