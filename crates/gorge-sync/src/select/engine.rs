//! The engine: try, enlist, park, withdraw, complete. It knows arms only by
//! the verbs of [`Arms`].
//!
//! Invariants:
//! - While arms are enlisted and the claim is open, no code of the user runs and
//!   nobody is woken.
//! - When the engine returns, no waiter of it is in any queue and no alarm is armed.
//! - At most one arm is served, because being served takes winning the claim.
//!
//! Why it never misses an event: the event either came before the arm was
//! enlisted, then `enlist`, which looks under the arm's lock, says so; or after,
//! then it finds the waiter.
//!
//! Why two selects on the same channels from both sides cannot deadlock: each
//! holds one lock at a time. Why they meet: of two arms that fit together, the
//! one enlisted second finds the first, backs out, and does it. They miss each
//! other when both are enlisting on two processors, each finds the other, and both
//! back out; that this does not go on for ever is left to chance, which is why
//! the pause before the next attempt is random. (Rejected: a claim that can be
//! held tentatively, with a tie broken by address. It costs every waker a third
//! state to think of, for what happens once in a million selects.)

use std::panic::Location;

use gorge_base::probe::{self, Op};
use gorge_base::sync::hint;
use gorge_sched::{Parking, WaitReason};

use super::arms::{Arms, Cons, End, Order, Tried, Won};
use super::selectable::Selectable;
use crate::time::instant::Instant;
use crate::wait::{Alarm, Claim, undo};

/// No arm has this number.
const NOBODY: u32 = u32::MAX;

/// How an attempt to wait has ended.
enum Waited<W> {
    Won(W),
    /// An arm turned out to be possible at once, or it was a false alarm.
    Again,
    TimedOut,
}

/// Waits until one of `arms` happens.
#[inline(always)]
#[track_caller]
pub(crate) fn select<A: Arms>(
    arms: &mut A,
    order: Order,
    at: &'static Location<'static>,
) -> A::Won {
    let mut attempts = 0;
    loop {
        if let Tried::Won(won) = arms.try_now(order, false) {
            return won;
        }
        // Enlisting takes a lock for each arm, and withdrawing another. If somebody
        // has just been made ready (by us, as a rule) and would run as soon as we
        // wait, he may well be our partner: let him run first, he knows best. On
        // this bet a select of eight that waits costs half.
        if arms.count() > 1 && attempts == 0 && gorge_sched::let_next_run() {
            attempts = 1;
            continue;
        }
        match wait(arms, order, at) {
            Waited::Won(won) => return won,
            _ => step_aside(&mut attempts),
        }
    }
}

/// Does one of `arms` that is possible at once, if any is.
#[inline(always)]
#[track_caller]
pub(crate) fn select_now<A: Arms>(arms: &mut A, order: Order) -> Option<A::Won> {
    let mut attempts = 0;
    loop {
        match arms.try_now(order, true) {
            Tried::Won(won) => return Some(won),
            Tried::Impossible => return None,
            Tried::Changing => step_aside(&mut attempts),
        }
    }
}

/// Waits until one of `arms` happens, but not beyond `deadline` (in
/// nanoseconds of the runtime's clock; `None` is never).
#[track_caller]
pub(crate) fn select_until<A: Arms>(
    arms: &mut A,
    order: Order,
    deadline: Option<u64>,
    at: &'static Location<'static>,
) -> Option<A::Won> {
    let Some(deadline) = deadline else { return Some(select(arms, order, at)) };
    let mut attempts = 0;
    loop {
        let tried = arms.try_now(order, true);
        if let Tried::Won(won) = tried {
            return Some(won);
        }
        if gorge_sched::now() >= deadline {
            match tried {
                Tried::Impossible => return None,
                _ => step_aside(&mut attempts),
            }
            continue;
        }
        match wait_until(arms, order, deadline, at) {
            Waited::Won(won) => return Some(won),
            Waited::Again => step_aside(&mut attempts),
            Waited::TimedOut => return None,
        }
    }
}

/// Pauses for a random while when an attempt to wait is not the first that
/// failed: see the last paragraph at the top.
#[cold]
fn step_aside(attempts: &mut u32) {
    *attempts += 1;
    // Not a choice that means anything, hence not `below`.
    for _ in 0..gorge_sched::random() % (*attempts).min(100) {
        hint::spin_loop();
    }
}

/// Waits until `arm` happens.
#[track_caller]
pub(crate) fn one<S: Selectable>(arm: S, at: &'static Location<'static>) -> S::Output {
    match select(&mut Cons::new(arm, End), Order::Biased, at) {
        Won::Here(output) => output,
        Won::Next(never) => match never {},
    }
}

/// Waits until `arm` happens, or `other`: then gives what that gave. `arm` goes first.
#[track_caller]
pub(crate) fn one_of_two<S: Selectable<Output = ()>, O: Selectable>(
    arm: S,
    other: O,
    at: &'static Location<'static>,
) -> Option<O::Output> {
    match select(&mut Cons::new(arm, Cons::new(other, End)), Order::Biased, at) {
        Won::Here(()) => None,
        Won::Next(Won::Here(output)) => Some(output),
        Won::Next(Won::Next(never)) => match never {},
    }
}

/// Waits until `arm` happens, but not beyond `deadline`: then gives it back.
#[track_caller]
pub(crate) fn one_until<S: Selectable>(
    arm: S,
    deadline: Instant,
    at: &'static Location<'static>,
) -> Result<S::Output, S> {
    let mut arms = Cons::new(arm, End);
    match select_until(&mut arms, Order::Biased, Some(deadline.as_nanos()), at) {
        Some(Won::Here(output)) => Ok(output),
        Some(Won::Next(never)) => match never {},
        None => Err(arms.into_arm()),
    }
}

/// Waits for nothing, for ever.
pub(crate) fn select_nothing(at: &'static Location<'static>) -> ! {
    block_for_ever(WaitReason::SelectNoCases, at)
}

/// Parks without ever having told anybody.
#[cold]
pub(crate) fn block_for_ever(reason: WaitReason, at: &'static Location<'static>) -> ! {
    loop {
        probe::waits(Op::Select, 0, at);
        if undo::is_wanted() {
            // SAFETY: nobody knows the task but the alarm.
            unsafe { undo::park(Parking::begin(), &Claim::new(false), reason, at) };
            gorge_sched::bubble::leave_if_over();
            continue;
        }
        // SAFETY: nobody knows the task, so nobody makes it ready.
        unsafe { Parking::begin().park(reason, at) };
    }
}

#[inline(always)]
#[track_caller]
fn wait<A: Arms>(arms: &mut A, order: Order, at: &'static Location<'static>) -> Waited<A::Won> {
    if undo::is_wanted() {
        return wait_undoably(arms, order, at);
    }
    let parking = Parking::begin();
    let claim = Claim::new(order == Order::Fair);
    let _told = Told::new(arms.count(), at);
    // SAFETY: list and claim stay in place until the end of this function.
    unsafe {
        let enlisted = arms.enlist(parking.task(), &claim, 0);
        if enlisted < arms.count() && claim.back_out() {
            // No longer about to park: withdrawing may make others ready.
            parking.cancel();
            arms.withdraw(enlisted, NOBODY);
            return Waited::Again;
        }
        parking.park(arms.wait_reason(), at);
        let winner = claim.winner();
        arms.withdraw(enlisted, winner);
        arms.complete(winner).map_or(Waited::Again, Waited::Won)
    }
}

/// A wait that can be taken back.
#[cold]
#[inline(never)]
#[track_caller]
fn wait_undoably<A: Arms>(
    arms: &mut A,
    order: Order,
    at: &'static Location<'static>,
) -> Waited<A::Won> {
    match wait_until(arms, order, undo::NEVER, at) {
        Waited::TimedOut => {
            gorge_sched::bubble::leave_if_over();
            Waited::Again
        }
        waited => waited,
    }
}

#[inline(never)]
#[track_caller]
fn wait_until<A: Arms>(
    arms: &mut A,
    order: Order,
    deadline: u64,
    at: &'static Location<'static>,
) -> Waited<A::Won> {
    let parking = Parking::begin();
    let claim = Claim::new(order == Order::Fair);
    let _told = Told::new(u32::MAX, at); // its end is known
    let alarm = Alarm::new(parking.task(), &claim);
    // SAFETY: list, claim and alarm stay in place until the end of this
    // function, which disarms the alarm before.
    unsafe {
        alarm.arm(deadline);
        let enlisted = arms.enlist(parking.task(), &claim, 0);
        if enlisted < arms.count() && claim.back_out() {
            parking.cancel();
            arms.withdraw(enlisted, NOBODY);
            alarm.disarm();
            return Waited::Again;
        }
        parking.park(arms.wait_reason(), at);
        let winner = claim.winner();
        if winner == Claim::ALARM {
            arms.withdraw(enlisted, NOBODY);
            alarm.disarm();
            return Waited::TimedOut;
        }
        arms.withdraw(enlisted, winner);
        alarm.disarm();
        arms.complete(winner).map_or(Waited::Again, Waited::Won)
    }
}

/// While it lives, who listens knows of a wait for one of so many arms. The arms
/// themselves tell what they wait for, if it is a channel.
struct Told(Option<u32>);

impl Told {
    #[inline(always)]
    fn new(count: u32, at: &'static Location<'static>) -> Told {
        if !probe::held() {
            return Told(None);
        }
        probe::waits(Op::Select, count as usize, at);
        Told(Some(count))
    }
}

impl Drop for Told {
    #[inline(always)]
    fn drop(&mut self) {
        if let Some(count) = self.0 {
            probe::goes_on(count as usize);
        }
    }
}
