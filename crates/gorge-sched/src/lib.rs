//! The scheduler of Gorge: goroutines (G) on worker threads (M) that hold
//! processors (P).
//!
//! ```text
//!        run queue            holds             runs on
//!   G G G ------> P <------------------ M ------------------> OS thread
//!                 |                     ^
//!     timers, free records,             | a worker that blocks in its goroutine
//!     cached stacks                     | loses its P to another one (monitor)
//! ```
//!
//! | files, from the ground up | idea |
//! |---|---|
//! | `reason`, `bias`, `lease`, `ring`, `idle`, `seat`, `timer_heap` | words and protocols that know no goroutine |
//! | `runtime/`: `goroutine`, `firing`, `processor`, `worker` | G, P and M |
//! | `polled`, `world` | what all share |
//! | `report`, `clock`, `poke` | the seams: reporter, clock, monitor's bell |
//! | `wake`, `records`, `birth`, `task`, `ready`, `threads` | making things runnable |
//! | `bubble/` | groups of goroutines with a clock of their own, or a policy that says who goes on |
//! | `timers`, `netpoll`, `pick`, `enter`, `body`, `pin`, `park` | running, waiting |
//! | `scheduler`, `monitor`, `stall`, `boot` | the threads of the runtime |
//! | `arm`, `sources`, `spawn`, `own`, `scope`, `run`, `procs`, `near`, `registry` | what the layers above use |
//!
//! One door each: only [`Parking::park`] makes somebody wait, only the worker
//! makes somebody run. This crate knows no channel, no lock of users, no socket.
//!
//! Under `cfg(loom)` the crate shrinks to its protocols, with their models, and
//! to a stand-in in which every waiter is a loom thread, so that the layers
//! above can be explored.

// Its types reach the layers above as the aliases below, which the lint does not see.
#[allow(unreachable_pub)]
mod bias;
mod ending;
mod idle;
mod lease;
mod listener;
mod reason;
mod ring;
mod seat;
// Its types reach users as the aliases in `timer`, which the lint does not see.
#[allow(unreachable_pub)]
mod timer_heap;
mod watch;

#[cfg(not(loom))]
pub use bias::biases_ended;
pub use gorge_sys::fence;
pub use listener::Listener;
pub use reason::WaitReason;

#[cfg(loom)]
mod loom_wait;
#[cfg(loom)]
pub use loom_wait::*;

#[cfg(not(loom))]
mod runtime;
#[cfg(not(loom))]
pub use runtime::{
    Builder, Goroutine, JoinError, Joined, MAX_PROCS, Parking, Payload, Place, Scope,
    ScopedGoroutine, SpawnError, Task, below, blocking, bubble, clock, go, go_on_late, goexit,
    gomaxprocs, goroutine_id, gosched, hand_out, in_goroutine, let_next_run, lock_os_thread,
    message, mode, now, num_cpu, num_goroutine, number_of, others_run, processor_hint, random,
    ready, registry, rejoin, report, run, run_main, scope, set_deadlock_detection, set_max_threads,
    task_here, unlock_os_thread, worker_number,
};

#[cfg(not(loom))]
pub use gorge_coro::{Errno, Mode, alloc};

/// A lock that costs no locked instruction while one worker alone uses it.
#[cfg(not(loom))]
pub type BiasedLock = bias::BiasedLock<runtime::Workers>;
/// The lock is held until this is dropped.
#[cfg(not(loom))]
pub type Held<'a> = bias::Held<'a, runtime::Workers>;

/// Timers: who wants to be told when.
#[cfg(not(loom))]
pub mod timer {
    pub use crate::runtime::{Firing, arm, arm_with, disarm, disarm_with, live};
    pub use crate::timer_heap::{NEVER, Settled};

    /// A timer, to be placed inside the record that its fire function finds around it.
    pub type Node = crate::timer_heap::Node<Firing>;
    /// A node whose time has come.
    pub type Fired<'a> = crate::timer_heap::Fired<'a, Firing>;
    /// What happens then. See [`Node`].
    pub type Fire = crate::timer_heap::Fire<Firing>;
}

/// Descriptors: who wants to be told when reading or writing may be possible.
#[cfg(not(loom))]
pub mod netpoll {
    pub use crate::runtime::{
        Arrival, Direction, Fire, Happened, Source, deregister, expect, register, waits_outside,
    };
}
