//! Many readers or one writer.
//!
//! | file | holds |
//! |---|---|
//! | `raw` | the word, and the ways past the queues |
//! | `share` | a reader's share |
//! | `visible` | readers that do not write to the word |
//! | `soon` | waiting awake, before queueing up |
//! | `queues` | who waits, and who goes next |
//! | `guard` | what is locked, until dropped |
//! | `arm` | locking as arms of a select |
//! | `lock` | [`RwLock`]: all of it around a value |

mod arm;
mod guard;
mod lock;
mod queues;
mod raw;
mod share;
mod soon;
mod visible;

pub use arm::{Reading, Writing};
pub use guard::{MappedRwLockWriteGuard, RwLockReadGuard, RwLockWriteGuard};
pub use lock::RwLock;

#[cfg(all(test, loom))]
mod loom_tests;
#[cfg(all(test, not(loom)))]
mod tests;
