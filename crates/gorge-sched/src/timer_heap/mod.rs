//! Timers: who wants to be told when, and telling them.
//!
//! Promise: arming, changing and disarming a timer cost O(log n) and no
//! allocation by the one who arms; a disarmed timer does not fire and is not
//! being fired; firing a million at once holds no lock for long.
//!
//! ```text
//!   sleeper's stack, timer object, ...        shard (one per processor)
//!   +---------------------------+             +------------------------+
//!   | record                    |             | next_when  (no lock)   |
//!   |   +-------------------+   |    home     | lock                   |
//!   |   | Node: fire,  -----+---+-----------> |   heap of (when, node) |
//!   |   |       position    | <-+-------------+---- by when            |
//!   |   +-------------------+   |             +------------------------+
//!   +---------------------------+
//! ```
//!
//! | file | holds |
//! |---|---|
//! | `node` | the record of one timer; what a fire function gets and must give back |
//! | `heap` | the order by deadline, without threads |
//! | `shard` | a heap behind its lock: arm, disarm, fire; arming against idling |
//! | `lock` | that lock |
//!
//! The context that fire functions get (`F`) is a parameter: nothing here
//! knows goroutines, so the heap is tested, and explored with loom, alone.
//!
//! Lock order: the shard's lock comes before whatever a fire function locks
//! (a channel, a run queue). So nobody arms or disarms while holding one of those.
//!
//! Rejected: removing lazily (a disarmed node would have to stay valid until
//! the heap comes across it, so it could not lie on a stack); a wheel of
//! slots (coarse, and it has to be turned even when nothing is due); one heap
//! for all (its lock is in the way of every sleep).

mod heap;
mod lock;
mod node;
mod shard;

#[cfg(all(test, loom))]
mod loom_tests;
#[cfg(all(test, not(loom)))]
mod tests;

pub use heap::NEVER;
pub use node::{Fire, Fired, Node, Settled};
pub(crate) use shard::Shard;
