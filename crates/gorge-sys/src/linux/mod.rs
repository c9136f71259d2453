//! Linux: futex, epoll, `clock_gettime`, `sched_getaffinity`, `membarrier`.
//!
//! Promise: the same functions with the same signatures as `portable`; their contracts stand in
//! the public modules of the same names.

pub(crate) mod affinity;
pub(crate) mod barrier;
pub(crate) mod clock;
pub(crate) mod futex;
pub(crate) mod poller;

/// See [`crate::threads::own_id`].
pub(crate) fn thread_id() -> u32 {
    // SAFETY: it only asks.
    unsafe { libc::gettid() as u32 }
}

/// See [`crate::threads::sleep_exactly`].
pub(crate) fn sleep_exactly() {
    // SAFETY: a number in, nothing out. (Should it fail, it sleeps longer.)
    _ = unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 1 as libc::c_ulong) };
}
