//! A map that many use at once.
//!
//! | file | holds |
//! |---|---|
//! | `table` | the shards, and which one a key is in |
//! | `ops` | [`Map`]: Go's operations |
//!
//! What is explored: an operation on a key is one piece of work under the lock of one shard, with nothing to
//! interleave in it; that lock, and how one waits for it, is what loom explores in `wait` and `rwlock`. How
//! operations follow each other is explored as users see it, in `crates/gorge/tests/sync_explored.rs`. `range`,
//! `len` and `clear` go from shard to shard, and promise no single moment.

mod ops;
mod table;

pub use ops::Map;

#[cfg(test)]
mod tests;
