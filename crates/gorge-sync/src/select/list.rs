//! A select over a list of cases that is made at run time.
//!
//! Promise: as `select!`, for any number of cases. A case comes with what is to
//! be done with its result, so there is no second step that could be forgotten
//! or done with the wrong channel.

use std::fmt;
use std::mem::MaybeUninit;
use std::panic::Location;
use std::ptr::NonNull;
use std::time::Duration;

use gorge_base::probe::{self, Op};
use gorge_sched::{Task, WaitReason};

use super::arms::{Arms, Order, Tried, below};
use super::engine;
use super::selectable::Selectable;
use crate::time::instant::Instant;
use crate::wait::{Claim, Waiter};

/// A select whose cases are added at run time. Each case is given a function
/// that turns its result into an `R`.
///
/// The list can be waited on again and again. A receiving case stays, and can
/// happen again; a sending case has spent its value once it has happened, and
/// is switched off then, as is one of [`on`](Select::on). Numbers of cases never
/// change.
///
/// # Examples
/// Receiving from however many channels there are, until all are closed:
/// ```
/// use gorge::{channel, select::Select};
///
/// let mut receivers = Vec::new();
/// for n in 1..=5 {
///     let (tx, rx) = channel(1);
///     tx.send(n).unwrap();
///     receivers.push(rx);
/// }
///
/// let mut select = Select::new();
/// for rx in &receivers {
///     select.recv(rx, |received| received.ok());
/// }
/// let mut sum = 0;
/// while !select.is_empty() {
///     match select.wait() {
///         (_, Some(n)) => sum += n,
///         (closed, None) => select.remove(closed),
///     }
/// }
/// assert_eq!(sum, 15);
/// ```
///
/// # Compared with Go
/// `reflect.Select`, without the reflection.
pub struct Select<'a, R> {
    cases: Vec<Case<'a, R>>,
    order: Order,
}

struct Case<'a, R> {
    /// `None`: removed.
    arm: Option<Box<dyn Selectable<Output = R> + 'a>>,
    waiter: MaybeUninit<Waiter>,
    /// Of the arm, at the last look.
    stamp: u32,
}

impl<'a, R> Select<'a, R> {
    /// A list without cases, which chooses evenly among those that are ready.
    #[must_use]
    pub fn new() -> Self {
        Select { cases: Vec::new(), order: Order::Fair }
    }

    /// A list without cases, which prefers those added first.
    ///
    /// # Examples
    /// ```
    /// use gorge::{channel, select::Select};
    ///
    /// let ((urgent, first), (later, second)) = (channel(1), channel(1));
    /// urgent.send(1).unwrap();
    /// later.send(2).unwrap();
    /// let mut by_rank = Select::biased();
    /// by_rank.recv(&first, |n| n.unwrap());
    /// by_rank.recv(&second, |n| n.unwrap());
    /// assert_eq!(by_rank.len(), 2);
    /// assert_eq!(by_rank.wait(), (0, 1)); // always the first that is ready
    /// ```
    #[must_use]
    pub fn biased() -> Self {
        Select { cases: Vec::new(), order: Order::Biased }
    }

    /// Adds anything that can be selected over; returns the number of the case.
    ///
    /// # Examples
    /// ```
    /// use gorge::{select::Select, sync::Event, sync::Mutex};
    ///
    /// let (bell, lock) = (Event::manual(), Mutex::new(5));
    /// let mut any = Select::new();
    /// any.on(bell.waiting(), |_| 0);
    /// let locked = any.on(lock.locking(), |guard| *guard);
    /// assert_eq!(any.wait(), (locked, 5));
    /// ```
    pub fn on<S, F>(&mut self, arm: S, then: F) -> usize
    where
        S: Selectable + 'a,
        F: FnOnce(S::Output) -> R + 'a,
    {
        self.push(Once { rest: Some((arm, then)) })
    }

    /// Adds an arm that can happen again and again; returns the number of the case.
    pub(crate) fn on_again<S, F>(&mut self, arm: S, then: F) -> usize
    where
        S: Selectable + 'a,
        F: FnMut(S::Output) -> R + 'a,
    {
        self.push(Again { arm, then })
    }

    fn push(&mut self, arm: impl Selectable<Output = R> + 'a) -> usize {
        let arm = Some(Box::new(arm) as Box<_>);
        self.cases.push(Case { arm, waiter: MaybeUninit::uninit(), stamp: 0 });
        self.cases.len() - 1
    }

    /// Removes case `index`. The others keep their numbers.
    ///
    /// # Panics
    /// When there never was such a case.
    pub fn remove(&mut self, index: usize) {
        self.cases[index].arm = None;
    }

    /// How many cases there are, not counting removed ones.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cases.iter().filter(|case| case.arm.is_some()).count()
    }

    /// Whether there are no cases, not counting removed ones.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cases.iter().all(|case| case.arm.is_none())
    }

    /// Waits until one of the cases happens; returns its number, and what its
    /// function made of the result.
    ///
    /// # Blocking
    /// Until one of the channels is ready. A dump shows `[select]`, or
    /// `[select (no cases)]` when there are none, which waits for ever.
    #[track_caller]
    pub fn wait(&mut self) -> (usize, R) {
        let order = self.order;
        probe::point(Op::Select, 0, Location::caller());
        engine::select(&mut self.arms(), order, Location::caller())
    }

    /// Does one of the cases that are possible at once, if any is: a select
    /// with a default.
    ///
    /// # Examples
    /// ```
    /// use gorge::{channel, select::Select};
    /// use std::time::Duration;
    ///
    /// let (tx, rx) = channel(1);
    /// let mut any = Select::new();
    /// any.recv(&rx, |n| n.unwrap());
    /// assert_eq!(any.try_wait(), None);
    /// assert_eq!(any.wait_timeout(Duration::from_millis(1)), None);
    /// tx.send(7).unwrap();
    /// assert_eq!(any.wait_deadline(gorge::time::now() + Duration::from_secs(1)), Some((0, 7)));
    /// ```
    #[track_caller]
    pub fn try_wait(&mut self) -> Option<(usize, R)> {
        let order = self.order;
        probe::point(Op::Select, 0, Location::caller());
        engine::select_now(&mut self.arms(), order)
    }

    /// As [`wait`](Select::wait), but at most for `timeout`.
    ///
    /// # Blocking
    /// As [`wait`](Select::wait), or until time is up.
    #[track_caller]
    pub fn wait_timeout(&mut self, timeout: Duration) -> Option<(usize, R)> {
        self.wait_deadline(Instant::now() + timeout)
    }

    /// As [`wait`](Select::wait), but not beyond `deadline`.
    ///
    /// # Blocking
    /// As [`wait`](Select::wait), or until time is up.
    #[track_caller]
    pub fn wait_deadline(&mut self, deadline: Instant) -> Option<(usize, R)> {
        let (order, deadline) = (self.order, Some(deadline.as_nanos()));
        probe::point(Op::Select, 0, Location::caller());
        engine::select_until(&mut self.arms(), order, deadline, Location::caller())
    }

    fn arms(&mut self) -> Cases<'_, 'a, R> {
        Cases(&mut self.cases)
    }
}

impl<R> Default for Select<'_, R> {
    fn default() -> Self {
        Select::new()
    }
}

impl<R> fmt::Debug for Select<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Select").field("cases", &self.len()).field("order", &self.order).finish()
    }
}

/// The cases while a wait lasts.
struct Cases<'s, 'a, R>(&'s mut [Case<'a, R>]);

// SAFETY: each arm keeps its own promise; removed ones are passed over, but
// count as enlisted.
unsafe impl<R> Arms for Cases<'_, '_, R> {
    type Won = (usize, R);

    fn count(&self) -> u32 {
        self.0.len() as u32
    }

    fn try_now(&mut self, order: Order, _: bool) -> Tried<(usize, R)> {
        let mut chosen = None;
        let mut ready = 0;
        for (index, case) in self.0.iter_mut().enumerate() {
            let Some(arm) = &case.arm else { continue };
            case.stamp = arm.stamp();
            if arm.is_ready() {
                ready += 1;
                // Each of the ready ones seen so far stays with probability 1/ready.
                if ready == 1 || order == Order::Fair && below(ready) == 0 {
                    chosen = Some(index);
                }
            }
        }
        let Some(chosen) = chosen else {
            return if self.unchanged() { Tried::Impossible } else { Tried::Changing };
        };
        // Rarely the chosen one was only nearly ready: then the next ones.
        let (before, from) = self.0.split_at_mut(chosen);
        let from = from.iter_mut().zip(chosen..);
        for (case, index) in from.chain(before.iter_mut().zip(0..)) {
            if let Some(arm) = &mut case.arm
                && let Some(result) = arm.try_now()
            {
                return Tried::Won((index, result));
            }
        }
        Tried::Changing
    }

    unsafe fn enlist(&mut self, task: Task, claim: &Claim, first: u32) -> u32 {
        for (case, number) in self.0.iter_mut().zip(first..) {
            let Some(arm) = &mut case.arm else { continue };
            let waiter = case.waiter.write(Waiter::of_arm(task, claim, number));
            // SAFETY: the waiter is new and stays in place with the list.
            if !unsafe { arm.enlist(NonNull::from(waiter)) } {
                return number - first;
            }
        }
        self.count()
    }

    unsafe fn withdraw(&mut self, count: u32, winner: u32) {
        for (case, number) in self.0.iter_mut().zip(0..count) {
            if let Some(arm) = &mut case.arm
                && number != winner
            {
                // SAFETY: it was enlisted, and so initialised, and has not won.
                unsafe { arm.withdraw(NonNull::from(case.waiter.assume_init_mut())) };
            }
        }
    }

    unsafe fn complete(&mut self, winner: u32) -> Option<(usize, R)> {
        let index = winner as usize;
        let case = &mut self.0[index];
        let arm = case.arm.as_mut().expect("a removed case never wins");
        if arm.is_false_alarm() {
            return None;
        }
        // SAFETY: as the caller says.
        Some((index, unsafe { arm.complete(NonNull::from(case.waiter.assume_init_mut())) }))
    }

    fn wait_reason(&self) -> WaitReason {
        match self.0.iter().filter_map(|case| case.arm.as_ref()).count() {
            0 => WaitReason::SelectNoCases,
            _ => WaitReason::Select,
        }
    }
}

impl<R> Cases<'_, '_, R> {
    /// Whether the stamps are those of the last look.
    fn unchanged(&self) -> bool {
        let mut arms = self.0.iter().filter_map(|case| Some((case.arm.as_ref()?, case.stamp)));
        arms.all(|(arm, stamp)| stamp & 1 == 0 && arm.stamp() == stamp)
    }
}

/// An arm that can happen again, and what to do each time.
struct Again<S, F> {
    arm: S,
    then: F,
}

// SAFETY: passes on to the arm; the function runs where code of the user may.
unsafe impl<S, R, F> Selectable for Again<S, F>
where
    S: Selectable,
    F: FnMut(S::Output) -> R,
{
    type Output = R;

    fn is_ready(&self) -> bool {
        self.arm.is_ready()
    }

    fn stamp(&self) -> u32 {
        self.arm.stamp()
    }

    fn try_now(&mut self) -> Option<R> {
        self.arm.try_now().map(&mut self.then)
    }

    unsafe fn enlist(&mut self, waiter: NonNull<Waiter>) -> bool {
        // SAFETY: as the caller says.
        unsafe { self.arm.enlist(waiter) }
    }

    unsafe fn withdraw(&mut self, waiter: NonNull<Waiter>) {
        // SAFETY: as the caller says.
        unsafe { self.arm.withdraw(waiter) }
    }

    fn is_false_alarm(&mut self) -> bool {
        self.arm.is_false_alarm()
    }

    unsafe fn complete(&mut self, waiter: NonNull<Waiter>) -> R {
        // SAFETY: as the caller says.
        (self.then)(unsafe { self.arm.complete(waiter) })
    }
}

/// An arm that can happen once, and what to do then; `None` afterwards.
struct Once<S, F> {
    rest: Option<(S, F)>,
}

// SAFETY: passes on to the arm, and without one never enlists anything; the
// function runs where code of the user may.
unsafe impl<S, R, F> Selectable for Once<S, F>
where
    S: Selectable,
    F: FnOnce(S::Output) -> R,
{
    type Output = R;

    fn is_ready(&self) -> bool {
        self.rest.as_ref().is_some_and(|(arm, _)| arm.is_ready())
    }

    fn stamp(&self) -> u32 {
        self.rest.as_ref().map_or(0, |(arm, _)| arm.stamp())
    }

    fn try_now(&mut self) -> Option<R> {
        let output = self.rest.as_mut()?.0.try_now()?;
        let (_, then) = self.rest.take()?;
        Some(then(output))
    }

    unsafe fn enlist(&mut self, waiter: NonNull<Waiter>) -> bool {
        // SAFETY: as the caller says.
        self.rest.as_mut().is_none_or(|(arm, _)| unsafe { arm.enlist(waiter) })
    }

    unsafe fn withdraw(&mut self, waiter: NonNull<Waiter>) {
        if let Some((arm, _)) = &mut self.rest {
            // SAFETY: as the caller says.
            unsafe { arm.withdraw(waiter) };
        }
    }

    fn is_false_alarm(&mut self) -> bool {
        self.rest.as_mut().is_some_and(|(arm, _)| arm.is_false_alarm())
    }

    unsafe fn complete(&mut self, waiter: NonNull<Waiter>) -> R {
        let (arm, _) = self.rest.as_mut().expect("a spent case never wins");
        // SAFETY: as the caller says.
        let output = unsafe { arm.complete(waiter) };
        let (_, then) = self.rest.take().expect("as above");
        then(output)
    }
}
