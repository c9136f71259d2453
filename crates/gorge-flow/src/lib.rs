//! Contexts, groups and concurrency patterns of Gorge.
//!
//! Promise: whatever here starts goroutines also ends them. A helper that returns a value has
//! waited for its goroutines; one that returns a handle ends them when the handle is dropped. The
//! exceptions say so in their first paragraph.
//!
//! | module | holds | knows of |
//! |---|---|---|
//! | [`context`] | cancellation, deadlines and values, handed down a tree | channels, timers |
//! | [`group`] | goroutines with one outcome: error groups, single flight, races; the rate limiter | `context` |
//! | [`patterns`] | runner, pools, pipelines, heartbeats and their kin | `context`, `group` |
//!
//! Users reach all of it through the crate `gorge`.

// What `select!` expands to begins with `::gorge`; in this crate that is the crate itself.
extern crate self as gorge;

#[cfg(not(loom))]
pub mod context;
#[cfg(not(loom))]
pub mod group;
#[cfg(not(loom))]
mod outcome;
#[cfg(not(loom))]
pub mod patterns;

// Of the rest loom has nothing to explore, and its build has no scheduler.
#[cfg(all(test, loom))]
#[path = "context/kept.rs"]
mod kept;

#[doc(hidden)]
#[cfg(not(loom))]
pub mod __private {
    pub use gorge_sync::macros::*;
}
