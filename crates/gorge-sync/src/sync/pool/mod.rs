//! Values kept for use again.
//!
//! | file | holds |
//! |---|---|
//! | `shard` | what one processor keeps, in two generations |
//! | `keep` | all shards of a pool, and when they grow old |
//! | `pooled` | a value that goes back by itself |
//! | `owner` | [`Pool`]: all of it, with how to make a value |

mod keep;
mod owner;
mod pooled;
mod shard;

pub use owner::Pool;
pub use pooled::Pooled;

#[cfg(all(test, not(loom)))]
mod tests;
