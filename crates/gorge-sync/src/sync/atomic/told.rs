//! Operations on atomics while somebody listens.
//!
//! Invariant: an operation and what is told of it happen in one step, under one
//! of a few locks, so that who reads a value has seen what was released with
//! it, and not what was released with the next one.

use std::panic::Location;
use std::sync::atomic::Ordering;

use gorge_base::CachePadded;
use gorge_base::probe::{self, Op, Place};

use crate::wait::{Held, Lock};

const LOCKS: usize = 64;

fn turn(address: usize) -> Held<'static> {
    static TURNS: [CachePadded<Lock>; LOCKS] = [const { CachePadded::new(Lock::new()) }; LOCKS];
    TURNS[address / 8 % LOCKS].lock()
}

fn acquires(order: Ordering) -> bool {
    !matches!(order, Ordering::Relaxed | Ordering::Release)
}

fn releases(order: Ordering) -> bool {
    !matches!(order, Ordering::Relaxed | Ordering::Acquire)
}

#[cold]
#[inline(never)]
pub(super) fn load<R>(address: usize, order: Ordering, at: Place, f: impl FnOnce() -> R) -> R {
    probe::point(Op::Load, address, at);
    let _turn = turn(address);
    let value = f();
    if acquires(order) {
        probe::acquire(address);
    }
    value
}

#[cold]
#[inline(never)]
pub(super) fn store(address: usize, order: Ordering, at: Place, f: impl FnOnce()) {
    probe::point(Op::Store, address, at);
    let _turn = turn(address);
    if releases(order) {
        probe::replaces(address);
    } else {
        // Who reads this value sees nothing of what was released with others.
        probe::gone(address, 1);
    }
    f();
}

#[cold]
#[inline(never)]
pub(super) fn update<R>(address: usize, order: Ordering, at: Place, f: impl FnOnce() -> R) -> R {
    probe::point(Op::Update, address, at);
    let _turn = turn(address);
    let value = f();
    tell_updated(address, order);
    value
}

/// An update that may fail; `orders` are those of success and failure.
#[cold]
#[inline(never)]
pub(super) fn try_update<T, E>(
    address: usize,
    orders: (Ordering, Ordering),
    at: Place,
    f: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    probe::point(Op::Update, address, at);
    let _turn = turn(address);
    let result = f();
    if result.is_ok() {
        tell_updated(address, orders.0);
    } else if acquires(orders.1) {
        probe::acquire(address);
    }
    result
}

/// An update goes on with what was released before, whatever its own order.
fn tell_updated(address: usize, order: Ordering) {
    match (acquires(order), releases(order)) {
        (true, true) => {
            probe::gives();
            probe::passes(address);
        }
        (true, false) => probe::acquire(address),
        (false, true) => probe::release(address),
        (false, false) => {}
    }
}

/// As [`std::sync::atomic::fence`].
///
/// # Examples
/// ```
/// use gorge::sync::atomic::{AtomicBool, AtomicU32, Ordering::*, fence};
///
/// let (data, ready) = (AtomicU32::new(0), AtomicBool::new(false));
/// gorge::scope(|s| {
///     s.go(|| {
///         data.store(7, Relaxed);
///         fence(Release);
///         ready.store(true, Relaxed);
///     });
///     while !ready.load(Relaxed) {
///         gorge::runtime::gosched();
///     }
///     fence(Acquire); // pairs with the one above
///     assert_eq!(data.load(Relaxed), 7);
/// });
/// ```
#[inline]
#[track_caller]
pub fn fence(order: Ordering) {
    static FENCES: u8 = 0;
    std::sync::atomic::fence(order);
    if probe::any() {
        update(&raw const FENCES as usize, order, Location::caller(), || ());
    }
}
