//! What the macro `select!` expands to names; not for direct use.

use std::panic::Location;
use std::time::Duration;

use gorge_base::probe::{self, Op};

use crate::chan::{RecvArm, RecvEnd, SendArm, SendEnd};
pub use crate::select::{Arms, Cons, End, Never, Order, Won};
use crate::select::{Selectable, engine};
use crate::time::instant::Instant;

/// `recv(end)`
#[inline(always)]
pub fn recv<E: RecvEnd + ?Sized>(end: &E) -> RecvArm<'_, E::Value> {
    RecvArm::new(end.recv_core())
}

/// `send(end, value)`
#[inline(always)]
pub fn send<E: SendEnd + ?Sized>(end: &E, value: E::Value) -> SendArm<'_, E::Value> {
    SendArm::new(end.send_core(), value, E::PANICS)
}

/// `on(selectable)`
#[inline(always)]
pub fn on<S: Selectable>(selectable: S) -> S {
    selectable
}

/// `on(selectable), if condition`
#[inline(always)]
pub fn on_if<S: Selectable>(selectable: S, condition: bool) -> Option<S> {
    condition.then_some(selectable)
}

/// What `timeout(..)` takes: a duration from now, a moment, or an `Option` of
/// either, of which `None` never comes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a time to wait",
    label = "not a `Duration` or `Instant`",
    note = "an arm `timeout(..)` takes a `Duration`, a `gorge::time::Instant`, or an `Option` of one"
)]
pub trait Deadline {
    /// In nanoseconds of the runtime's clock; `None` is never.
    fn deadline(self) -> Option<u64>;
}

impl Deadline for Duration {
    #[inline]
    fn deadline(self) -> Option<u64> {
        (Instant::now() + self).deadline()
    }
}

impl Deadline for Instant {
    #[inline]
    fn deadline(self) -> Option<u64> {
        Some(self.as_nanos())
    }
}

impl<D: Deadline> Deadline for Option<D> {
    #[inline]
    fn deadline(self) -> Option<u64> {
        self?.deadline()
    }
}

/// `timeout(time)`
#[inline(always)]
pub fn timeout(time: impl Deadline) -> Option<u64> {
    time.deadline()
}

/// `timeout(time), if condition`
#[inline(always)]
pub fn timeout_if(time: impl Deadline, condition: bool) -> Option<u64> {
    let deadline = time.deadline();
    if condition { deadline } else { None }
}

/// A select that waits.
#[inline(always)]
#[track_caller]
pub fn select<A: Arms>(mut arms: A, order: Order) -> A::Won {
    probe::point(Op::Select, 0, Location::caller());
    engine::select(&mut arms, order, Location::caller())
}

/// A select with a default: `None`.
#[inline(always)]
#[track_caller]
pub fn select_now<A: Arms>(mut arms: A, order: Order) -> Option<A::Won> {
    probe::point(Op::Select, 0, Location::caller());
    engine::select_now(&mut arms, order)
}

/// A select with a timeout: `None`.
#[inline(always)]
#[track_caller]
pub fn select_until<A: Arms>(mut arms: A, order: Order, deadline: Option<u64>) -> Option<A::Won> {
    probe::point(Op::Select, 0, Location::caller());
    engine::select_until(&mut arms, order, deadline, Location::caller())
}

/// A select without any arm.
#[inline(always)]
#[track_caller]
pub fn select_nothing() -> ! {
    engine::select_nothing(Location::caller())
}
