//! A number of permits, which many may hold some of.
//!
//! | file | holds |
//! |---|---|
//! | `raw` | the count, the queue, and who goes next |
//! | `permits` | what was acquired, until dropped |
//! | `arm` | acquiring as an arm of a select; also how every caller waits |
//! | `lock` | [`Semaphore`]: all of it |

mod arm;
mod lock;
mod permits;
mod raw;

pub use arm::Acquiring;
pub use lock::Semaphore;
pub use permits::{OwnedPermits, Permits};

#[cfg(all(test, loom))]
mod loom_tests;
#[cfg(all(test, not(loom)))]
mod tests;
