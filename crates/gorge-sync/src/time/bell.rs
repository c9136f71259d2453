//! A bell: a channel of capacity one that a timer rings.
//!
//! Promise:
//! - After `stop` or `reset` has returned, nobody receives a time from before.
//! - A bell that nobody can hear (its last receiver is gone) is disarmed and freed at once.
//! - Ringing a bell whose last ring nobody has heard yet drops the new one, so
//!   a slow listener misses rings and nothing piles up.
//!
//! ```text
//!   Timer, Ticker, after(), tick()           one allocation
//!   +----------+                     +-----------------------------------+
//!   | Receiver |-------------------> | channel   (counts receivers only) |
//!   +----------+   clones of it ---> | free      called by the last one  |
//!                                    | period                            |
//!   timers' heap ------------------> | node                              |
//!                                    +-----------------------------------+
//! ```
//!
//! Invariants:
//! - The heap's pointer does not count: the last receiver disarms the node
//!   before it frees the allocation, and `disarm` waits for a ring in progress.
//! - A value enters the channel only under the lock of the timers, with the
//!   node armed. `stop` and `reset` empty the channel under that same lock, in
//!   one step with disarming or arming. So what is in the channel is always of
//!   the present arming.
//! - Lock order: timers, then channel. No one arms or disarms with a channel locked.

use std::mem::offset_of;
use std::panic::Location;
use std::ptr::NonNull;

use gorge_base::atomic::{AtomicU64, Ordering};
use gorge_base::probe::{self, Op};
use gorge_sched::timer::{self, Fired, Firing, Node, Settled};

use super::instant::Instant;
use crate::chan::{Core, Owned, Receiver};

/// What a bell has besides its channel.
struct Clockwork {
    node: Node,
    /// Nanoseconds from ring to ring; 0: rings once. Relaxed everywhere: read and
    /// written under the lock of the timers.
    period: AtomicU64,
}

type Bell = Owned<Instant, Clockwork>;

/// Makes a bell that rings at `when` and then every `period` nanoseconds (0: never again).
pub(super) fn new(when: Instant, period: u64) -> Receiver<Instant> {
    let clockwork = Clockwork { node: Node::new(ring), period: AtomicU64::new(period) };
    let bell = NonNull::from(Box::leak(Box::new(Bell::new(1, free, clockwork))));
    // SAFETY: as below.
    unsafe { bell.as_ref() }.core.tell_promised();
    // SAFETY: the bell stays where it is until `free` has disarmed the node.
    unsafe { timer::arm(node_of(bell), when.as_nanos()) };
    // SAFETY: a bell begins with a count of one receiver, which is this one.
    unsafe { Receiver::from_owned(bell.cast()) }
}

/// Stops a bell and takes back a ring that nobody has heard. Says whether it was
/// going to ring, or had such a ring.
///
/// `bell` is a receiver from [`new`].
#[track_caller]
pub(super) fn stop(bell: &Receiver<Instant>) -> bool {
    let this = bell_of(bell);
    probe::point(Op::Sleep, this.as_ptr() as usize, Location::caller());
    // SAFETY: the bell is alive as long as the receiver.
    let core = unsafe { &this.as_ref().core };
    let mut unheard = false;
    // SAFETY: the bell is alive as long as the receiver. Emptying the channel
    // takes its lock, which comes after that of the timers.
    let armed = unsafe { timer::disarm_with(node_of(this), || unheard = core.drain()) };
    armed || unheard
}

/// Takes back a ring that nobody has heard, and sets the bell to ring at `when`
/// and then every `period`. Says what [`stop`] says.
#[track_caller]
pub(super) fn reset(bell: &Receiver<Instant>, when: Instant, period: u64) -> bool {
    let this = bell_of(bell);
    probe::point(Op::Sleep, this.as_ptr() as usize, Location::caller());
    let mut unheard = false;
    let meanwhile = || {
        // SAFETY: the bell is alive as long as the receiver.
        let bell = unsafe { this.as_ref() };
        unheard = bell.core.drain();
        bell.core.tell_promised();
        bell.rest.period.store(period, Ordering::Relaxed);
    };
    // SAFETY: as in `stop`.
    let armed = unsafe { timer::arm_with(node_of(this), when.as_nanos(), meanwhile) };
    armed || unheard
}

/// The bell whose receiver this is; it must come from [`new`].
fn bell_of(receiver: &Receiver<Instant>) -> NonNull<Bell> {
    // The channel is the first field of `Owned`, which is `repr(C)`, and the
    // receiver's pointer is derived from the whole of it.
    receiver.core_ptr().cast()
}

/// The node inside a bell, as a pointer from which the bell can be found again.
fn node_of(bell: NonNull<Bell>) -> NonNull<Node> {
    // SAFETY: within the allocation.
    unsafe { bell.byte_add(NODE).cast() }
}

/// Where the node is in a bell.
const NODE: usize = offset_of!(Bell, rest) + offset_of!(Clockwork, node);

/// The time has come: runs under the lock of the timers.
///
/// # Safety
/// The node is that of an armed bell.
unsafe fn ring(fired: Fired<'_>, firing: &Firing) -> Settled {
    // SAFETY: see `node_of`; an armed bell is alive.
    let bell = unsafe { fired.node().byte_sub(NODE).cast::<Bell>().as_ref() };
    let due = fired.due();
    let mut heard_by = None;
    bell.core.offer(Instant::from_nanos(due), |task| heard_by = Some(task));
    let settled = match bell.rest.period.load(Ordering::Relaxed) {
        0 => fired.done(),
        period => fired.again(next_ring(due, period, firing.now())),
    };
    // From here on the bell may be gone.
    if let Some(task) = heard_by {
        // SAFETY: `offer` has won a waiter of this task, once.
        unsafe { firing.ready(task) };
    }
    settled
}

/// When a bell that was due at `due` rings again: a whole number of periods
/// later, so that lateness does not add up, and after `now`, so that missed
/// rings are not made up for.
fn next_ring(due: u64, period: u64, now: u64) -> u64 {
    let missed = now.saturating_sub(due) / period;
    due.saturating_add(period.saturating_mul(missed.saturating_add(1)))
}

/// The last receiver is gone.
///
/// # Safety
/// As it says; called once, by the channel.
unsafe fn free(core: NonNull<Core<Instant>>) {
    let bell = core.cast::<Bell>();
    // SAFETY: the bell was leaked in `new`. Once disarmed, nobody refers to it.
    unsafe {
        timer::disarm(node_of(bell));
        drop(Box::from_raw(bell.as_ptr()));
    }
}

#[cfg(test)]
mod tests {
    use super::next_ring;

    #[test]
    fn rings_do_not_drift() {
        assert_eq!(next_ring(100, 10, 100), 110);
        assert_eq!(next_ring(100, 10, 109), 110);
        assert_eq!(next_ring(100, 10, 110), 120);
        assert_eq!(next_ring(100, 10, 139), 140);
        assert_eq!(next_ring(100, 10, 99), 110);
    }

    #[test]
    fn the_end_of_the_clock_is_never() {
        assert_eq!(next_ring(100, u64::MAX, 100), u64::MAX);
        assert_eq!(next_ring(u64::MAX - 1, 10, u64::MAX), u64::MAX);
        assert_eq!(next_ring(0, 1, u64::MAX), u64::MAX);
    }
}
