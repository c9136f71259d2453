//! Concurrency patterns as small types and functions.
//!
//! Promise: each ends what it has started, and keeps the panics of what it runs: they go on in whoever waits for
//! the result. Where a helper waits for goroutines whose work is not wanted any more, it has cancelled their
//! context before.
//!
//! | to | use |
//! |---|---|
//! | run tasks one after the other under a time limit | [`Runner`] |
//! | lend out costly things | [`Pool`] |
//! | let at most n be at work | [`Gate`], [`WorkPool`] |
//! | apply a function to a sequence, n at a time | [`in_order`], [`as_they_come`] |
//! | use all processors for a loop | [`parallel`] |
//! | build a pipeline | [`generate`], [`stage`], [`fan_out`], [`merge`], [`Flow`] |
//! | combine channels | [`or_done`], [`or_channel`], [`tee`], [`bridge`] |
//! | notice that somebody hangs | [`heartbeat()`], [`supervise`] |
//! | not wait for the slowest | [`hedged`], [`replicated`] |
//! | let one goroutine own a value | [`Monitor`] |
//! | turn a function into an iterator | [`Generator`], [`pull`] |
//! | tell many | [`Broadcast`], [`Watch`] |

mod broadcast;
mod combine;
mod flow;
mod gate;
mod generator;
mod heartbeat;
mod hedge;
mod monitor;
pub mod parallel;
mod pipeline;
mod resources;
mod runner;
mod size;
mod work;

pub use broadcast::{Broadcast, Seen, Watch};
pub use combine::{bridge, or_channel, or_done, tee};
pub use flow::{Flow, FlowIter, FlowValues};
pub use gate::{Gate, Pass};
pub use generator::{Generator, Giver, pull};
pub use heartbeat::{Heart, heartbeat, supervise};
pub use hedge::{NoAnswer, hedged, replicated};
pub use monitor::Monitor;
pub use pipeline::{fan_out, generate, merge, stage};
pub use resources::{Pool, PoolError, Pooled};
pub use runner::{RunError, Runner, Unfinished};
pub use size::SizeError;
pub use work::{Ticket, WorkPool, as_they_come, in_order};
