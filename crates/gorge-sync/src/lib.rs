//! Channels, select, timers and locks of Gorge.
//!
//! Promise: everything here that waits, waits by parking a goroutine (or, on a
//! plain OS thread, the thread), costs no allocation to do so, and works
//! between goroutines and threads alike.
//!
//! | module | holds | knows of |
//! |---|---|---|
//! | [`wait`] | waiters, their queues, and the claim that lets one of several win | the scheduler |
//! | [`select`] | waiting for the first of several things | `wait`, never a channel |
//! | [`chan`] | channels | `select`, `wait` |
//! | [`sync`] | locks, semaphores, wait groups | `select`, `wait` |
//! | [`race`] | variables whose races can be looked at | `sync` |
//! | [`time`] | instants, sleeping, timers | `chan` |

#[macro_use]
mod konst;

#[cfg(all(test, not(loom)))]
mod auto_traits;

pub mod chan;
#[doc(hidden)]
pub mod macros;
#[cfg(not(loom))]
pub mod race;
pub mod select;
pub mod sync;
pub mod time;
pub mod wait;
