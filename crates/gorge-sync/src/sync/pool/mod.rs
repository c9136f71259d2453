//! Values kept for use again.
//!
//! | file | holds |
//! |---|---|
//! | `slot` | one value, which the worker that has put it gets without a lock |
//! | `shard` | what else one processor keeps, in two generations |
//! | `keep` | all slots and shards of a pool, and when they grow old |
//! | `pooled` | a value that goes back by itself |
//! | `owner` | [`Pool`]: all of it, with how to make a value |
//!
//! What is explored: slots have a loom model. Getting from a shard and putting there is one piece of work under its
//! lock, with nothing to interleave in it; how they follow each other is explored in
//! `crates/gorge/tests/sync_explored.rs`.

#[cfg(not(loom))]
mod keep;
#[cfg(not(loom))]
mod owner;
#[cfg(not(loom))]
mod pooled;
#[cfg(not(loom))]
mod shard;
#[cfg(any(not(loom), test))]
mod slot;

#[cfg(not(loom))]
pub use owner::Pool;
#[cfg(not(loom))]
pub use pooled::Pooled;

#[cfg(all(test, not(loom)))]
mod tests;

#[cfg(all(test, loom))]
mod loom_tests;
