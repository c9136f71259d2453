//! A deadline that takes part in the race for a claim.
//!
//! Promise: a timed operation allocates nothing: the timer lies beside the
//! waiter. Whoever wins the claim first, the channel or the alarm, wakes the
//! waiter; the other does nothing.
//!
//! Invariant: the alarm is armed only while its owner is about to park, and
//! disarmed before its memory ends; so a timer that fires always finds it.

use std::marker::PhantomPinned;
use std::ptr::NonNull;

use gorge_sched::Task;
use gorge_sched::timer::{self, Fired, Firing, Node, Settled};

use super::claim::Claim;

/// A timer on the waiting stack.
#[derive(Debug)]
#[repr(C)] // `node` first: its address is the alarm's
pub(crate) struct Alarm {
    node: Node,
    task: Task,
    claim: *const Claim,
    _pinned: PhantomPinned,
}

impl Alarm {
    pub(crate) fn new(task: Task, claim: &Claim) -> Self {
        Alarm { node: Node::new(ring), task, claim, _pinned: PhantomPinned }
    }

    /// Sets the alarm.
    ///
    /// # Safety
    /// The caller is about to park as `task` (it holds the `Parking`), and
    /// calls [`Alarm::disarm`] before the alarm or the claim ends or moves.
    pub(crate) unsafe fn arm(&self, deadline: u64) {
        // SAFETY: the node stays in place until it is disarmed, as promised.
        unsafe { timer::arm(self.node(), deadline) };
    }

    /// Makes sure the alarm neither rings nor is ringing.
    ///
    /// # Safety
    /// It was armed by this caller, who holds no lock.
    pub(crate) unsafe fn disarm(&self) {
        // SAFETY: armed, hence in place.
        unsafe { timer::disarm(self.node()) };
    }

    fn node(&self) -> NonNull<Node> {
        // Derived from the whole alarm, because `ring` finds the rest through it.
        NonNull::from(self).cast()
    }
}

/// The time has come: runs under the lock of the timers.
///
/// # Safety
/// The node is that of an armed alarm.
unsafe fn ring(fired: Fired<'_>, firing: &Firing) -> Settled {
    // SAFETY: `node` is the alarm's first field, and an armed alarm is alive;
    // so is its claim.
    let (task, won) = unsafe {
        let alarm = fired.node().cast::<Alarm>().as_ref();
        (alarm.task, (*alarm.claim).try_win(Claim::ALARM))
    };
    // From here on the alarm may be gone.
    let settled = fired.done();
    if won {
        // SAFETY: who wins a claim makes its owner ready, once.
        unsafe { firing.ready(task) };
    }
    settled
}

const _: () = assert!(std::mem::offset_of!(Alarm, node) == 0);
