//! The clock seam: real time, or time that jumps.
//!
//! The virtual clock stands still while anything runs. When no goroutine can
//! run, it jumps to the earliest timer. So a program that sleeps for hours
//! ends at once, and always in the same order.

use crate::runtime::bubble::record as bubble;
use gorge_base::atomic::{
    AtomicBool, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

/// The clock is virtual, or there are bubbles with clocks of their own.
static UNUSUAL: AtomicBool = AtomicBool::new(false);
static VIRTUAL: AtomicBool = AtomicBool::new(false);
static VIRTUAL_NOW: AtomicU64 = AtomicU64::new(0);

/// Nanoseconds on the runtime's clock. Only differences mean anything.
#[inline]
pub fn now() -> u64 {
    if UNUSUAL.load(Relaxed) { now_slow() } else { gorge_sys::clock::now() }
}

#[cold]
#[inline(never)]
fn now_slow() -> u64 {
    match bubble::here() {
        Some((bubble, _)) => bubble.now(),
        None if VIRTUAL.load(Relaxed) => VIRTUAL_NOW.load(Acquire),
        None => gorge_sys::clock::now(),
    }
}

/// From now on there may be bubbles.
pub(crate) fn look_for_bubbles() {
    UNUSUAL.store(true, Release);
}

/// Replaces the clock of this program by a virtual one, which starts at the
/// time it is now.
///
/// To be called before anything waits for a time; deadlines that were computed
/// earlier stay valid. There is no way back.
pub fn use_virtual() {
    if !VIRTUAL.load(Acquire) {
        VIRTUAL_NOW.store(gorge_sys::clock::now(), Release);
        VIRTUAL.store(true, Release);
        UNUSUAL.store(true, Release);
    }
}

/// Whether the clock is a virtual one.
#[inline]
pub fn is_virtual() -> bool {
    VIRTUAL.load(Relaxed)
}

/// Lets the virtual clock jump. Only when nothing runs.
pub(crate) fn jump_to(when: u64) {
    VIRTUAL_NOW.fetch_max(when, Release);
}
