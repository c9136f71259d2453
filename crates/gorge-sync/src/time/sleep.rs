//! Sleeping: a timer on the sleeper's own stack.
//!
//! ```text
//!   sleeper's stack                    timers
//!   +----------------------+
//!   | Sleeper: node -------+---------> armed for `when`
//!   |          task        |           fires: read task, node done, ready(task)
//!   +----------------------+           (from "done" on the stack may be gone)
//! ```
//!
//! Invariant: nothing but the timer wakes a sleeper, so when it goes on its
//! node is at rest and its frame may end.

use std::panic::Location;
use std::ptr::NonNull;
use std::time::Duration;

use gorge_base::probe::{self, Op};
use gorge_sched::timer::{self, Fired, Firing, Node, Settled};
use gorge_sched::{Parking, Task, WaitReason};

use super::instant::Instant;

#[repr(C)] // `node` first: its address is the sleeper's
struct Sleeper {
    node: Node,
    task: Task,
}

/// Lets the calling goroutine sleep for at least `duration`.
///
/// A duration of zero returns at once; now and then (every 16th time) one other runs before. So whoever
/// sleeps for what is left until a certain time, and is late, is not made later still; to let the
/// others run there is [`gosched`](gorge_sched::gosched).
///
/// # Blocking
///
/// Until the time has passed on the runtime's clock; nothing wakes it earlier.
/// The wait reason in a dump is `sleep`. From a plain thread it puts the thread to sleep.
/// Under a virtual clock no real time passes.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// gorge::run(|| {
///     let start = gorge::time::now();
///     gorge::time::sleep(Duration::from_millis(2));
///     assert!(start.elapsed() >= Duration::from_millis(2));
/// });
/// ```
///
/// # Compared with Go
///
/// `time.Sleep`. In Go a sleep of zero never lets others run.
#[track_caller]
pub fn sleep(duration: Duration) {
    if duration.is_zero() {
        return gorge_sched::go_on_late();
    }
    wait_until(Instant::now() + duration, Location::caller());
}

/// Lets the calling goroutine sleep until `deadline`; if that has passed, returns as [`sleep`] of zero does.
///
/// # Blocking
///
/// As [`sleep`].
///
/// # Examples
/// ```
/// use gorge::time;
/// use std::time::Duration;
///
/// let deadline = time::now() + Duration::from_millis(2);
/// time::sleep_until(deadline);
/// assert!(time::now() >= deadline);
/// ```
#[track_caller]
pub fn sleep_until(deadline: Instant) {
    if deadline <= Instant::now() {
        return gorge_sched::go_on_late();
    }
    wait_until(deadline, Location::caller());
}

fn wait_until(deadline: Instant, at: &'static Location<'static>) {
    probe::point(Op::Sleep, 0, at);
    let parking = Parking::begin();
    let sleeper = Sleeper { node: Node::new(wake), task: parking.task() };
    // The pointer is derived from the whole sleeper, because `wake` finds the
    // task through it.
    let node = NonNull::from(&sleeper).cast::<Node>();
    // SAFETY: the sleeper stays here until `park` returns, which is after
    // `wake` has settled the node. The task is published to `wake` alone, and
    // no lock is held.
    unsafe {
        timer::arm(node, deadline.as_nanos());
        parking.park(WaitReason::Sleep, at);
    }
    #[cfg(not(loom))] // the models have no bubbles
    gorge_sched::bubble::leave_if_over();
}

/// The time has come: runs under the lock of the timers.
///
/// # Safety
/// The node is that of a parked [`Sleeper`].
unsafe fn wake(fired: Fired<'_>, firing: &Firing) -> Settled {
    // SAFETY: the node is the sleeper's first field; it is still parked.
    let task = unsafe { fired.node().cast::<Sleeper>().as_ref() }.task;
    let settled = fired.done();
    // From here on the sleeper's frame may be gone.
    // SAFETY: a sleeper is made ready by its timer only, which fires once.
    unsafe { firing.ready(task) };
    settled
}

const _: () = assert!(std::mem::offset_of!(Sleeper, node) == 0);
