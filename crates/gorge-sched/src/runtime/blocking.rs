//! Blocking on purpose: the processor is given away before, not a few milliseconds after.
//!
//! ```text
//!   B1  enter; surrender the lease: from here on this worker is displaced, as if the monitor had been here
//!   B2  under the world's lock: displaced + 1; the processor goes to another worker if there is
//!       anything to run, else onto the list of idle ones
//!   B3  leave; block
//!   B4  recover: displaced - 1; take an idle processor, or a place in the queue
//! ```
//!
//! The program is not quiet in between (`displaced` is not 0), so neither is a deadlock reported nor does
//! virtual time jump.
//!
//! Invariant: B2 counts before the processor can be seen by others, and nobody but this worker counts
//! itself back, in B4.

use gorge_base::atomic::{AtomicU64, Ordering::Relaxed};

use crate::runtime::enter::enter;
use crate::runtime::idling;
use crate::runtime::park::Parking;
use crate::runtime::worker::M;
use crate::runtime::world;

/// Processors given away by who was about to block.
pub(crate) static GIVEN_AWAY: AtomicU64 = AtomicU64::new(0);

/// Does something that blocks the OS thread, having given the processor away.
///
/// Never necessary: the monitor takes the processor of whoever blocks within a few milliseconds, if
/// others wait for it. This is for calls that are known to take long, a millisecond or more: the
/// others go on at once. For shorter ones it costs more than it gives: a fraction of a microsecond if nobody waits;
/// if as many others can run as there are processors, about half a millisecond for each call, until the caller
/// has a processor again.
///
/// Inside, everything may be used as elsewhere; what needs a processor takes one again. On a plain
/// thread `f` is simply called.
///
/// # Blocking
/// As long as `f` does, and then until a processor is free. A dump shows `[running]`.
///
/// # Panics
/// When `f` does.
///
/// # Examples
/// ```
/// let length = gorge::blocking(|| {
///     std::thread::sleep(std::time::Duration::from_millis(1)); // say, a call into a database
///     42
/// });
/// assert_eq!(length, 42);
/// ```
///
/// # Compared with Go
/// What each system call there does by itself (`entersyscall`, but with the hand-off at once), and each
/// call into C.
pub fn blocking<R>(f: impl FnOnce() -> R) -> R {
    /// Also when `f` panics.
    struct Back;
    impl Drop for Back {
        fn drop(&mut self) {
            Parking::recover();
        }
    }
    if M::here().is_null() {
        return f();
    }
    // SAFETY: in a goroutine, outside scheduler code.
    unsafe { give_away() };
    let _back = Back;
    f()
}

/// # Safety
/// The caller runs in a goroutine, outside scheduler code.
#[inline(never)]
unsafe fn give_away() {
    // SAFETY: the caller's promise.
    let m = unsafe { enter() };
    // SAFETY: inside.
    let p = unsafe { m.p() };
    m.lease.surrender();
    let mut world = world::lock();
    world.displaced += 1;
    GIVEN_AWAY.fetch_add(1, Relaxed);
    // SAFETY: surrendered, and in no list: `p` is ours.
    unsafe { idling::give_away(world, p) };
    m.lease.exit();
}
