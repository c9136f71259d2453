//! Go's concurrency system for Rust: goroutines, channels, select, timers, on
//! plain blocking code.
//!
//! ```
//! use gorge::{channel, go};
//!
//! let (tx, rx) = channel(0);
//! go(move || {
//!     for n in 1..=3 {
//!         tx.send(n * n).unwrap();
//!     }
//! })
//! .detach();
//! assert_eq!(rx.iter().sum::<i32>(), 14);
//! ```

extern crate self as gorge;

pub use gorge_macros::{main, select, test};
pub use gorge_sched::{
    Goroutine, JoinError, Scope, ScopedGoroutine, SpawnError,
};

mod start;
pub use start::{Builder, go, run, scope};

pub mod runtime;

pub use gorge_flow::{context, group};
pub use gorge_sync::{chan, select, time};
pub use gorge_sync::chan::*;
pub use gorge_sync::sync;

#[doc(hidden)]
pub mod __private {
    pub use crate::start::run_main;
    pub use gorge_sync::macros::*;
}

#[cfg(doctest)]
#[doc = include_str!("../../../docs/porting-from-go.md")]
mod porting_from_go {}

#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
mod readme {}
