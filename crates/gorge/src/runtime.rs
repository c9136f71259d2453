//! Go's `runtime` package: looking at the scheduler and steering it.

pub use gorge_sched::registry::{Stats, stats};
pub use gorge_sched::timer::live as num_timers;
pub use gorge_sched::{
    MAX_PROCS, Mode, goexit, gomaxprocs, goroutine_id, gosched, lock_os_thread, mode, num_cpu,
    num_goroutine, set_deadlock_detection, set_max_threads, unlock_os_thread,
};
pub use gorge_scope::stack;

/// Goroutines that wait for ever. See [`leak`] for what is found.
#[doc(inline)]
pub use gorge_check::leaks as leak;
pub use gorge_check::leaks::leaks;

/// Deadlocks of a part of the program, reported while the rest goes on.
pub mod deadlock {
    pub use gorge_check::holds::{count, enable, enable_lock_order};
}

/// Replaces the clock of this program by a virtual one: time stands still
/// while anything runs, and jumps to the earliest timer when nothing can.
///
/// To be called before anything waits for a time. There is no way back.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// gorge::runtime::use_virtual_clock();
/// let began = gorge::time::now();
/// gorge::run(|| gorge::time::sleep(Duration::from_secs(3600)));
/// assert_eq!(began.elapsed(), Duration::from_secs(3600)); // at once
/// ```
pub fn use_virtual_clock() {
    gorge_sched::clock::use_virtual();
}
