//! Many readers or one writer.
//!
//! | file | holds |
//! |---|---|
//! | `raw` | the word, the two queues, and who goes next |
//! | `guard` | what is locked, until dropped |
//! | `arm` | locking as arms of a select |
//! | `lock` | [`RwLock`]: all of it around a value |

mod arm;
mod guard;
mod lock;
mod raw;

pub use arm::{Reading, Writing};
pub use guard::{MappedRwLockWriteGuard, RwLockReadGuard, RwLockWriteGuard};
pub use lock::RwLock;

#[cfg(all(test, loom))]
mod loom_tests;
#[cfg(all(test, not(loom)))]
mod tests;
