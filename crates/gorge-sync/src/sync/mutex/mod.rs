//! Mutual exclusion.
//!
//! | file | holds |
//! |---|---|
//! | `word` | the word, and its transitions |
//! | `raw` | the queue, and the two modes |
//! | `guard` | what is locked, until dropped |
//! | `arm` | locking as an arm of a select |
//! | `lock` | [`Mutex`]: all of it around a value |

pub(super) mod arm;
pub(super) mod guard;
pub(super) mod lock;
pub(super) mod raw;
mod word;

pub use arm::Locking;
pub use guard::{MappedMutexGuard, MutexGuard};
pub use lock::Mutex;

#[cfg(all(test, loom))]
mod loom_tests;
#[cfg(all(test, not(loom)))]
mod tests;
