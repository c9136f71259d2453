//! Contexts of execution for goroutines: what a goroutine needs to be a thread.
//!
//! A *context* is one strand of execution with a stack and thread-local storage
//! of its own. To all code that runs in it, it *is* a thread: thread-locals,
//! `errno`, panic counts and guards belong to it and stay with it, whichever OS
//! thread carries it at the moment. That is what makes a safe `go` sound although
//! goroutines migrate.
//!
//! There are two ways to keep that promise, chosen once by [`init`]:
//!
//! * [`Mode::Fiber`]: contexts are switched in user space; each stack slot carries
//!   its own thread-local storage, and the switch swaps the thread pointer.
//! * [`Mode::Thread`]: each context is an OS thread of its own and a switch passes
//!   a baton, the *worker word*, so that only as many run as there are workers.
//!
//! This crate knows nothing of queues, processors or goroutine records: whoever
//! schedules puts a [`Context`] into its own record and says who runs next.
//!
//! # The life of a context
//!
//! ```text
//!   make_fresh        start / Next::Start / Next::Reuse        switch away
//!  ------------> FRESH -----------------------------> running ------------> saved
//!                                                     |  ^                   |
//!                        TLS destructors, finish      |  +-------------------+
//!                 ended <-----------------------------+        switch to
//! ```

pub mod alloc;
mod baton;
mod context;
mod errno;
#[cfg_attr(not(gorge_fibers), path = "fiber_none.rs")]
mod fiber;
mod init;
mod limit;
mod mode;
#[cfg_attr(not(unix), path = "overflow_none.rs")]
mod overflow;
mod record;
mod runtime;
mod stack;
mod switch;
mod threads;
mod word;

pub use baton::thread_count;
pub use errno::Errno;
pub use init::{InitError, init};
pub use limit::{Limit, StackError};
pub use mode::{Hooks, Mode, default_stack_size, mode};
pub use record::{Context, FRESH, PINNED, RUNNING};
pub use runtime::{Next, Runtime};
pub use stack::{Stack, StackCache, give_back_idle_stacks, mappings};
pub use switch::{adopt_thread, on_parked, part_thread, start, switch};
pub use word::{set_worker, worker};
