//! Any system with `std`: slower, the same contracts.
//!
//! Promise: the same functions with the same signatures as `linux`; their contracts stand in the
//! public modules of the same names. Nothing here calls the system but
//! through `std`, except for poll(2).

pub(crate) mod affinity;
pub(crate) mod barrier;
pub(crate) mod clock;
pub(crate) mod futex;
#[cfg(unix)]
pub(crate) mod poller;
#[cfg(not(unix))]
#[path = "no_poller.rs"]
pub(crate) mod poller;

/// See [`crate::threads::own_id`].
pub(crate) fn thread_id() -> u32 {
    0
}

/// See [`crate::threads::sleep_exactly`].
pub(crate) fn sleep_exactly() {}
