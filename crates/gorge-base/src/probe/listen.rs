//! Who listens: put into place once, then switched off and on. One that fails is called no more.

use crate::atomic::{
    AtomicU8,
    Ordering::{Relaxed, Release},
};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use super::listeners::{Holds, Order, Points};

pub(super) const POINTS: u8 = 1;
pub(super) const ORDER: u8 = 2;
pub(super) const HOLDS: u8 = 4;
const SHARED: u8 = 8;

/// Who listens; a bit is set after the listener has been put into place, and
/// may be taken away and set again.
static LISTENING: AtomicU8 = AtomicU8::new(0);
pub(super) static TO_POINTS: OnceLock<&'static dyn Points> = OnceLock::new();
pub(super) static TO_ORDER: OnceLock<&'static dyn Order> = OnceLock::new();
pub(super) static TO_HOLDS: OnceLock<&'static dyn Holds> = OnceLock::new();
static TO_SHARED: OnceLock<fn()> = OnceLock::new();

#[inline(always)]
pub(super) fn listening(who: u8) -> bool {
    LISTENING.load(Relaxed) & who != 0
}

/// Those that have failed.
static FAILED: AtomicU8 = AtomicU8::new(0);
static TO_WHOM_IT_CONCERNS: OnceLock<fn(&str)> = OnceLock::new();

/// Failures of listeners are told to `tell`, not written to the standard error stream as ordinary text. Only the first one
/// ever is accepted.
pub fn tell_failures(tell: fn(&str)) {
    // Somebody else may have been first.
    let _ = TO_WHOM_IT_CONCERNS.set(tell);
}

/// Calls a listener, for the last time if it panics.
#[inline]
pub(super) fn guarded(who: u8, call: impl FnOnce()) {
    // What it leaves half done nobody looks at any more.
    if let Err(panic) = catch_unwind(AssertUnwindSafe(call)) {
        failed(who, panic);
    }
}

#[cold]
fn failed(who: u8, panic: Box<dyn Any + Send>) {
    let before = FAILED.fetch_or(who, Relaxed);
    listen(who, false);
    if before & who == 0 {
        let what = if who == ORDER { "race detector" } else { "watcher of locks" };
        let why = panic.downcast_ref::<String>().map(String::as_str);
        let why = why.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic");
        let text = format!("gorge: the {what} has failed and is off from now on: {why}\n");
        match TO_WHOM_IT_CONCERNS.get() {
            Some(tell) => tell(&text),
            None => eprint!("{text}"),
        }
    }
    // Its destructor may panic as well.
    std::mem::forget(panic);
}

fn listen(who: u8, on: bool) {
    let on = on && FAILED.load(Relaxed) & who == 0;
    // Release: the listener is in its place. (Who reads the bit reads the place
    // through the OnceLock, which acquires.)
    if on {
        LISTENING.fetch_or(who, Release)
    } else {
        LISTENING.fetch_and(!who, Release)
    };
}

/// From now on `listener` hears of points. Only the first one ever is accepted.
pub fn listen_to_points(listener: &'static dyn Points) -> bool {
    let first = TO_POINTS.set(listener).is_ok();
    if first {
        listen(POINTS, true);
    }
    first
}

/// Switches the telling of points off, and on again.
pub fn tell_points(on: bool) {
    listen(POINTS, on && TO_POINTS.get().is_some());
}

/// From now on `listener` hears of what happens before what. Only the first one
/// ever is accepted.
pub fn listen_to_order(listener: &'static dyn Order) -> bool {
    let first = TO_ORDER.set(listener).is_ok();
    if first {
        listen(ORDER, true);
    }
    first
}

/// Switches the telling of order off, and on again.
pub fn tell_order(on: bool) {
    listen(ORDER, on && TO_ORDER.get().is_some());
}

/// From now on `listener` hears of who holds and waits. Only the first one ever
/// is accepted.
pub fn listen_to_holds(listener: &'static dyn Holds) -> bool {
    let first = TO_HOLDS.set(listener).is_ok();
    if first {
        listen(HOLDS, true);
    }
    first
}

/// Switches the telling of who holds what off, and on again.
pub fn tell_holds(on: bool) {
    listen(HOLDS, on && TO_HOLDS.get().is_some());
}

/// From now on `listener` hears when a shared variable is about to be used: it may begin to listen to what happens before
/// what. Only the first one ever is accepted.
pub fn listen_to_shared(listener: fn()) {
    if TO_SHARED.set(listener).is_ok() {
        listen(SHARED, true);
    }
}

/// A shared variable is about to be used; no lock is held.
#[inline]
pub fn shared() {
    if listening(SHARED)
        && let Some(listener) = TO_SHARED.get()
    {
        listener();
    }
}

/// Whether anyone listens to [`point`](super::point)s.
#[inline(always)]
pub fn points() -> bool {
    listening(POINTS)
}

/// Whether anyone listens to [`acquire`](super::acquire), [`release`](super::release) and [`access`](super::access).
#[inline(always)]
pub fn order() -> bool {
    listening(ORDER)
}

/// Whether anyone listens to [`starts`](super::starts).
#[inline(always)]
pub fn started() -> bool {
    listening(ORDER | HOLDS)
}

/// Whether anyone listens to [`waits`](super::waits), [`holds`](super::holds) and their ends.
#[inline(always)]
pub fn held() -> bool {
    listening(HOLDS)
}

/// Whether anyone listens to anything.
#[inline(always)]
pub fn any() -> bool {
    LISTENING.load(Relaxed) != 0
}
