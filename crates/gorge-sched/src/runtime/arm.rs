//! Arming and disarming timers, from anywhere: goroutines (also while they are
//! about to park) and plain threads.

use std::ptr::NonNull;

use crate::runtime::boot;
use crate::runtime::bubble::record as bubble;
use crate::runtime::clock;
use crate::runtime::firing::Firing;
use crate::runtime::poke;
use crate::runtime::processor;
use crate::runtime::wake;
use crate::runtime::worker::M;
use crate::runtime::world;
use crate::timer_heap::{Node, Shard};

/// A deadline nearer than this is worth waking the watcher for at once; the
/// monitor sees to the others.
const NEAR: u64 = 1_000_000;

/// Arms `node` for `when` (or, if it is armed, changes its time); `meanwhile`
/// runs before that under the lock that firing takes. Returns whether it was armed.
///
/// # Safety
/// The node stays valid and where it is until its fire function has called
/// `Fired::done` or `disarm` has returned; `meanwhile` obeys the rules of a
/// fire function, and the caller is not inside one.
pub unsafe fn arm_with(node: NonNull<Node<Firing>>, when: u64, meanwhile: impl FnOnce()) -> bool {
    if let Some((bubble, _)) = bubble::here() {
        // Its clock jumps when nobody in it can run, so nobody watches it.
        // SAFETY: the caller's promise; bubbles live for ever.
        return unsafe { bubble.timers.arm(node, when, meanwhile) }.was_armed;
    }
    let m = M::here();
    let p = if m.is_null() {
        boot::ensure();
        processor::get(0)
    } else {
        // SAFETY: a worker always has a last processor; it may have been taken
        // away, but any shard will do.
        unsafe { (*m).p() }
    };
    // SAFETY: the caller's promise; processors live for ever.
    let armed = unsafe { p.timers.arm(node, when, meanwhile) };
    if armed.earlier {
        if clock::is_virtual() {
            if m.is_null() {
                poke::poke(); // if all goroutines are asleep, time must jump
            }
            return armed.was_armed;
        }
        // The fence between the new deadline and this load is in `arm`.
        let watched = world::watch().read();
        // From outside, also when nobody watches: there may be no worker yet.
        if (when < watched || (watched == 0 && m.is_null()))
            && !world::idle().read().all_busy()
            && (m.is_null() || when < clock::now().saturating_add(NEAR))
        {
            wake::wake_watcher();
        }
    }
    armed.was_armed
}

/// Arms `node` for `when`; if it is armed, changes its time. Returns whether
/// it was armed.
///
/// # Safety
/// As for [`arm_with`].
pub unsafe fn arm(node: NonNull<Node<Firing>>, when: u64) -> bool {
    // SAFETY: the caller's promise.
    unsafe { arm_with(node, when, || ()) }
}

/// Disarms `node`: true if it was armed and will not fire.
///
/// # Safety
/// As for [`arm_with`].
pub unsafe fn disarm(node: NonNull<Node<Firing>>) -> bool {
    // SAFETY: the caller's promise.
    unsafe { disarm_with(node, || ()) }
}

/// Disarms `node`, whichever processor's it is: true if it was armed, and will
/// not fire for that time. In any case it is not being fired when this returns.
/// `meanwhile` runs, under the lock if the node is armed.
///
/// # Safety
/// As for [`arm_with`].
pub unsafe fn disarm_with(node: NonNull<Node<Firing>>, meanwhile: impl FnOnce()) -> bool {
    // SAFETY: the caller's promise.
    unsafe { Shard::disarm(node, meanwhile) }
}
