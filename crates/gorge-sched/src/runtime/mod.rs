//! The runtime proper: goroutines, processors, workers, and the threads that
//! look after them. Left out of the loom build.

mod arm;
mod birth;
mod body;
mod boot;
pub mod clock;
mod enter;
mod firing;
mod goroutine;
mod halt;
mod idling;
mod monitor;
mod near;
mod park;
mod pick;
mod pin;
mod pinned;
mod poke;
mod processor;
mod procs;
mod ready;
mod records;
pub mod registry;
pub mod report;
mod ring;
mod run;
mod scheduler;
mod scope;
mod spawn;
mod stall;
mod steal;
mod threads;
mod timers;
mod wake;
mod worker;
mod world;

pub use arm::{arm, arm_with, disarm, disarm_with};
pub use boot::mode;
pub use clock::now;
pub use firing::Firing;
pub use goroutine::Task;
pub use near::processor_hint;
pub use park::{Parking, gosched, let_next_run, ready};
pub use pin::{lock_os_thread, unlock_os_thread};
pub use processor::MAX_PROCS;
pub use procs::{gomaxprocs, num_cpu};
pub use ready::Place;
pub use run::{run, run_main};
pub use scope::{Scope, ScopedGoroutine, scope};
pub use spawn::{
    Builder, Goroutine, JoinError, SpawnError, go, goexit, goroutine_id, in_goroutine, message,
    num_goroutine, random,
};
pub use stall::set_deadlock_detection;
pub use timers::live;
