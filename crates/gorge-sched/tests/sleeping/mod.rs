//! Sleeping, as the layer above does it: a timer on the sleeper's stack that makes it ready.

use std::panic::Location;
use std::ptr::NonNull;
use std::time::Duration;

use gorge_sched::timer::{self, Fired, Firing, Node, Settled};
use gorge_sched::{Parking, Task, WaitReason};

#[repr(C)]
struct Sleeper {
    node: Node,
    task: Task,
}

/// Sleeps on the runtime's clock: a goroutine, or a plain thread.
#[track_caller]
pub(crate) fn sleep(duration: Duration) {
    let parking = Parking::begin();
    let sleeper = Sleeper { node: Node::new(wake), task: parking.task() };
    let deadline = gorge_sched::now() + duration.as_nanos() as u64;
    // SAFETY: the sleeper stays here until its timer, which alone knows the task, has fired.
    unsafe {
        timer::arm(NonNull::from(&sleeper).cast(), deadline);
        parking.park(WaitReason::Sleep, Location::caller());
    }
}

unsafe fn wake(fired: Fired<'_>, firing: &Firing) -> Settled {
    // SAFETY: the node is the first field of a sleeper that is still parked.
    let task = unsafe { fired.node().cast::<Sleeper>().as_ref() }.task;
    let settled = fired.done();
    // SAFETY: nobody else makes it ready.
    unsafe { firing.ready(task) };
    settled
}
