//! Waiting until a number of things are done.
//!
//! | file | holds |
//! |---|---|
//! | `shared` | the counter, who waits, and who wakes them |
//! | `group` | [`WaitGroup`]: as its users see it |
//! | `arm` | waiting as an arm of a select |

mod arm;
mod group;
mod shared;

pub use arm::GroupDone;
pub use group::WaitGroup;
