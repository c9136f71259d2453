//! The ground under Gorge: what every layer above may use and what itself uses nothing.
//!
//! Promise: this crate knows neither goroutines nor the operating system. It holds plain data
//! structures and the single place where the workspace chooses between `std` and `loom`.
//!
//! | module | for |
//! |---|---|
//! | [`pad`] | keeping words of different writers on different cache lines |
//! | [`rng`] | fast random numbers for scheduling choices (never for secrets) |
//! | [`sync`] | atomics, cells, fences, threads: `std`, or `loom` under `cfg(loom)` |
//! | [`atomic`] | atomics of code that loom does not run, where delays can be put in |
//! | [`backoff`] | waiting a little, then a little longer, then letting the thread go |
//! | [`list`] | a FIFO of nodes that live elsewhere |
//! | [`prefetch`] | fetching memory into the caches before it is needed |
//! | [`probe`] | what happens, told to whoever listens |

pub mod atomic;
pub mod backoff;
pub mod list;
pub mod pad;
pub mod prefetch;
pub mod probe;
pub mod rng;
pub mod sync;

pub use backoff::Backoff;
pub use pad::CachePadded;
pub use rng::Rng;
