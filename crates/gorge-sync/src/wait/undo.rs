//! Waits that can be taken back, because the program they belong to is one of many runs of it.
//!
//! When an explored run has failed, its goroutines are unwound. One that waits has a waiter in some queue,
//! which lies on its stack: it must be woken by somebody who has won the right to do so, and take the
//! waiter out itself. That somebody is an alarm for a time that never comes: it rings when the bubble of the run
//! is cleared away.
//!
//! Who is being unwound already, or must not be ([`bubble::whole`]), waits as everybody does: those it
//! waits for are unwound, too.

use std::panic::Location;

use gorge_base::probe;
use gorge_sched::{Parking, WaitReason, bubble};

use super::alarm::Alarm;
use super::claim::Claim;

/// The time that never comes, but when a bubble is cleared away.
pub(crate) const NEVER: u64 = u64::MAX - 1;

/// Whether the caller's wait must be one that can be taken back.
#[inline(always)]
pub(crate) fn is_wanted() -> bool {
    probe::points() && is_wanted_slow()
}

#[cold]
fn is_wanted_slow() -> bool {
    bubble::is_explored() && bubble::may_unwind()
}

/// Parks until somebody wins `claim`. False: that was the bubble, which is cleared away. Then the caller
/// takes its waiter out, and calls [`bubble::leave_if_over`].
///
/// # Safety
/// As for [`Parking::park`]; what was published is a waiter with `claim`.
pub(crate) unsafe fn park(
    parking: Parking,
    claim: &Claim,
    reason: WaitReason,
    at: &'static Location<'static>,
) -> bool {
    let alarm = Alarm::new(parking.task(), claim);
    // SAFETY: the alarm stays in place until it is disarmed, below; the rest is the caller's promise.
    unsafe {
        alarm.arm(NEVER);
        parking.park(reason, at);
        alarm.disarm();
    }
    claim.winner() != Claim::ALARM
}
