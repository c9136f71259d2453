//! Values kept for use again.
//!
//! | file | holds |
//! |---|---|
//! | `shard` | what one processor keeps, in two generations |
//! | `keep` | all shards of a pool, and when they grow old |
//! | `pooled` | a value that goes back by itself |
//! | `owner` | [`Pool`]: all of it, with how to make a value |
//!
//! What is explored: getting and putting is one piece of work under the lock of one shard, with nothing to
//! interleave in it. How they follow each other is explored in `crates/gorge/tests/sync_explored.rs`.

mod keep;
mod owner;
mod pooled;
mod shard;

pub use owner::Pool;
pub use pooled::Pooled;

#[cfg(all(test, not(loom)))]
mod tests;
