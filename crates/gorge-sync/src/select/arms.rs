//! Several arms as one list whose length and types are known at compile time.
//!
//! Promise: every step of a select over such a list is straight-line code; no
//! arm is called through a pointer.
//!
//! ```text
//!   Cons { arm: A0, waiter, rest: Cons { arm: A1, waiter, rest: End } }
//!   won:   Here(A0's output) | Next(Here(A1's output)) | Next(Next(nothing))
//! ```
//!
//! # A look at several things
//!
//! A select with a default may take it only if there was a moment at which none
//! of its arms was possible; that each was impossible at a moment of its own is not
//! enough (a value may have gone from a channel not yet looked at into one already
//! looked at). Hence two rounds:
//!
//! ```text
//!   1  for each arm: read its stamp, then look
//!   2  for each arm: read its stamp again
//! ```
//!
//! If all stamps are the same, no arm has changed from its look in round 1 to its
//! turn in round 2; the end of round 1 is a moment that lies in all these spans.
//! On weakly ordered machines a look might see a change whose stamp does not show
//! yet; but looks acquire what changes release, so who sees one thing go sees in
//! round 2 that the other came before.

use std::mem::MaybeUninit;
use std::ptr::NonNull;

use gorge_sched::{Task, WaitReason};

use super::selectable::Selectable;
use crate::wait::{Claim, Waiter};

/// Which of several ready arms is tried first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Each equally likely.
    Fair,
    /// As written.
    Biased,
}

/// What became of an attempt to do one of several things.
#[derive(Debug)]
#[must_use]
pub enum Tried<W> {
    /// One of them was done.
    Won(W),
    /// At one moment none of them was possible.
    Impossible,
    /// None was done, but some may have been possible at any moment.
    Changing,
}

/// Arms, as the engine sees them.
///
/// # Safety
/// What [`Selectable`] promises for one arm holds for each; `enlist` returns
/// the number of arms enlisted, the first so many, in order.
pub unsafe trait Arms {
    /// Which arm happened, and what it gave.
    type Won;

    /// How many there are.
    fn count(&self) -> u32;

    /// Does one of those that are possible at once. Without `exact` what it says
    /// when there is none means nothing.
    #[track_caller]
    fn try_now(&mut self, order: Order, exact: bool) -> Tried<Self::Won>;

    /// Enlists one arm after the other until one turns out to be possible at
    /// once, or some arm has won already. Numbers them from `first`.
    ///
    /// # Safety
    /// The list stays in place until it was withdrawn and completed.
    unsafe fn enlist(&mut self, task: Task, claim: &Claim, first: u32) -> u32;

    /// Withdraws the first `count` arms, except number `winner` (from 0).
    ///
    /// # Safety
    /// So many were enlisted, and the claim was decided that way.
    unsafe fn withdraw(&mut self, count: u32, winner: u32);

    /// The result of arm number `winner` (from 0); `None`: it was a false alarm.
    ///
    /// # Safety
    /// It has won, and its waiter was made ready; the others were withdrawn.
    #[track_caller]
    unsafe fn complete(&mut self, winner: u32) -> Option<Self::Won>;

    /// What a dump shows.
    fn wait_reason(&self) -> WaitReason;
}

/// No arms.
#[derive(Debug)]
pub struct End;

/// No arm of [`End`] ever happens.
#[derive(Debug)]
pub enum Never {}

/// One arm, and the rest.
#[derive(Debug)]
pub struct Cons<A, R> {
    arm: A,
    waiter: MaybeUninit<Waiter>,
    rest: R,
}

/// Which arm happened: the first of the list, or one of the rest.
#[derive(Debug)]
pub enum Won<H, N> {
    /// The first.
    Here(H),
    /// One of the rest.
    Next(N),
}

impl<A, R> Cons<A, R> {
    /// `arm` before `rest`.
    #[inline(always)]
    pub fn new(arm: A, rest: R) -> Self {
        Cons { arm, waiter: MaybeUninit::uninit(), rest }
    }

    /// The first arm again.
    pub(super) fn into_arm(self) -> A {
        self.arm
    }
}

/// The two verbs by which a list of arms is tried.
pub trait Try: Sized {
    /// As [`Arms::Won`].
    type Won;

    /// How many arms there are.
    const COUNT: u32;

    /// The arms' stamps.
    type Stamps;

    /// Looks at the arms; those that may be ready are one bit each. Reads the
    /// stamps too, if `exact`.
    fn look(&self, exact: bool) -> (u64, Self::Stamps);

    /// Whether nothing has changed since that look.
    fn unchanged(&self, since: &Self::Stamps) -> bool;

    /// Tries arm `number`.
    #[track_caller]
    fn try_arm(&mut self, number: u32) -> Option<Self::Won>;
}

impl Try for End {
    type Won = Never;

    type Stamps = ();

    const COUNT: u32 = 0;

    #[inline(always)]
    fn look(&self, _: bool) -> (u64, ()) {
        (0, ())
    }

    #[inline(always)]
    fn unchanged(&self, _: &()) -> bool {
        true
    }

    #[inline(always)]
    fn try_arm(&mut self, _: u32) -> Option<Never> {
        None
    }
}

impl<A: Selectable, R: Try> Try for Cons<A, R> {
    type Won = Won<A::Output, R::Won>;

    type Stamps = (u32, R::Stamps);

    const COUNT: u32 = {
        assert!(R::COUNT < 64, "a select has at most 64 arms");
        R::COUNT + 1
    };

    #[inline(always)]
    fn look(&self, exact: bool) -> (u64, Self::Stamps) {
        let stamp = if exact { self.arm.stamp() } else { 0 };
        let ready = self.arm.is_ready();
        let (rest, stamps) = self.rest.look(exact);
        (rest << 1 | ready as u64, (stamp, stamps))
    }

    #[inline(always)]
    fn unchanged(&self, (stamp, stamps): &Self::Stamps) -> bool {
        stamp & 1 == 0 && self.arm.stamp() == *stamp && self.rest.unchanged(stamps)
    }

    #[inline(always)]
    fn try_arm(&mut self, number: u32) -> Option<Self::Won> {
        match number {
            0 => self.arm.try_now().map(Won::Here),
            _ => self.rest.try_arm(number - 1).map(Won::Next),
        }
    }
}

/// Tries the arms that look ready, in the order wanted.
#[inline(always)]
#[track_caller]
fn try_in_order<L: Try>(list: &mut L, order: Order, exact: bool) -> Tried<L::Won> {
    // One look at one thing needs no second.
    let exact = exact && L::COUNT > 1;
    let (mut ready, stamps) = list.look(exact);
    if ready == 0 {
        return match !exact || list.unchanged(&stamps) {
            true => Tried::Impossible,
            false => Tried::Changing,
        };
    }
    while ready != 0 {
        let number = match order {
            Order::Biased => ready.trailing_zeros(),
            Order::Fair => any_bit(ready),
        };
        if let Some(won) = list.try_arm(number) {
            return Tried::Won(won);
        }
        ready &= !(1 << number);
    }
    Tried::Changing
}

/// The number of one of the bits that are set, each equally likely.
#[inline(always)]
fn any_bit(bits: u64) -> u32 {
    let mut bits = bits;
    if bits & (bits - 1) != 0 {
        let chosen = below(bits.count_ones());
        for _ in 0..chosen {
            bits &= bits - 1;
        }
    }
    bits.trailing_zeros()
}

/// A random number below `n`.
#[inline(always)]
pub(super) fn below(n: u32) -> u32 {
    gorge_sched::below(n)
}

// SAFETY: nothing is ever enlisted.
unsafe impl Arms for End {
    type Won = Never;

    fn count(&self) -> u32 {
        0
    }

    #[inline(always)]
    fn try_now(&mut self, _: Order, _: bool) -> Tried<Never> {
        Tried::Impossible
    }

    #[inline(always)]
    unsafe fn enlist(&mut self, _: Task, _: &Claim, _: u32) -> u32 {
        0
    }

    #[inline(always)]
    unsafe fn withdraw(&mut self, _: u32, _: u32) {}

    unsafe fn complete(&mut self, winner: u32) -> Option<Never> {
        unreachable!("arm {winner} beyond the last has won")
    }

    fn wait_reason(&self) -> WaitReason {
        WaitReason::Sleep
    }
}

// SAFETY: each arm keeps its own promise; `enlist` counts what it has enlisted.
unsafe impl<A: Selectable, R: Arms + Try<Won = <R as Arms>::Won>> Arms for Cons<A, R> {
    type Won = Won<A::Output, <R as Arms>::Won>;

    #[inline(always)]
    fn count(&self) -> u32 {
        <Self as Try>::COUNT
    }

    #[inline(always)]
    fn try_now(&mut self, order: Order, exact: bool) -> Tried<<Self as Arms>::Won> {
        try_in_order(self, order, exact)
    }

    #[inline(always)]
    unsafe fn enlist(&mut self, task: Task, claim: &Claim, first: u32) -> u32 {
        let waiter = self.waiter.write(Waiter::of_arm(task, claim, first));
        let waiter = NonNull::from(waiter);
        // SAFETY: the waiter is new, and stays in place with the list.
        unsafe {
            if !self.arm.enlist(waiter) {
                return 0;
            }
            1 + self.rest.enlist(task, claim, first + 1)
        }
    }

    #[inline(always)]
    unsafe fn withdraw(&mut self, count: u32, winner: u32) {
        if count == 0 {
            return;
        }
        // SAFETY: it was enlisted, and so initialised, and has not won.
        unsafe {
            if winner != 0 {
                self.arm.withdraw(NonNull::from(self.waiter.assume_init_mut()));
            }
            self.rest.withdraw(count - 1, winner.wrapping_sub(1));
        }
    }

    #[inline(always)]
    unsafe fn complete(&mut self, winner: u32) -> Option<<Self as Arms>::Won> {
        // SAFETY: as the caller says.
        unsafe {
            match winner {
                0 if self.arm.is_false_alarm() => None,
                0 => {
                    let waiter = NonNull::from(self.waiter.assume_init_mut());
                    Some(Won::Here(self.arm.complete(waiter)))
                }
                _ => self.rest.complete(winner - 1).map(Won::Next),
            }
        }
    }

    fn wait_reason(&self) -> WaitReason {
        if <Self as Try>::COUNT == 1 { self.arm.wait_reason() } else { WaitReason::Select }
    }
}
