//! One place in one queue. It lies on the stack of whoever waits, so waiting
//! allocates nothing.
//!
//! Invariant: the owner creates it, links it, and neither moves nor ends it
//! before it was made ready, or has withdrawn it under the queue's lock.
//!
//! ```text
//!   new -> linked -> popped by a partner, outcome set -> ready(task) -> owner reads the outcome
//!                \-> withdrawn by the owner
//! ```

use std::cell::Cell;
use std::ptr::{NonNull, null_mut};

use gorge_base::sync::cell::UnsafeCell;
use gorge_sched::{Place, Task};

use super::claim::Claim;

/// The arm of a waiter that has none, and stands for a value that is kept.
const KEPT: u32 = 1;

/// What became of a waiter that was made ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Outcome {
    /// Nothing yet.
    Waiting,
    /// A value was moved into or out of the slot (or whatever was waited for
    /// has happened).
    Done,
    /// The channel was closed; the slot is as the owner left it.
    Closed,
}

/// One place in the queue of something that can be waited for.
///
/// Made by select and by blocking operations; a [`Selectable`] only passes it
/// on to the queue it waits in.
///
/// [`Selectable`]: crate::select::Selectable
#[derive(Debug)]
pub struct Waiter {
    task: Task,
    /// Where a value is put or fetched; what it points to is the queue's business.
    slot: Cell<*mut u8>,
    pub(super) next: Cell<*mut Waiter>,
    pub(super) prev: Cell<*mut Waiter>,
    /// Null for an operation that waits for nothing else.
    claim: *const Claim,
    arm: u32,
    outcome: UnsafeCell<Outcome>,
}

impl Waiter {
    /// A waiter for nothing but one queue.
    #[inline(always)]
    pub fn plain(task: Task, slot: *mut u8) -> Self {
        Waiter::new(task, slot, std::ptr::null(), 0)
    }

    /// A plain waiter that is not turned away when the channel is closed: nobody waits there, but a value
    /// to be received.
    pub(crate) fn kept(task: Task) -> Self {
        Waiter::new(task, null_mut(), std::ptr::null(), KEPT)
    }

    /// A waiter for arm number `arm` of a select which `claim` decides.
    #[inline(always)]
    pub(crate) fn of_arm(task: Task, claim: &Claim, arm: u32) -> Self {
        Waiter::new(task, null_mut(), claim, arm)
    }

    #[inline(always)]
    fn new(task: Task, slot: *mut u8, claim: *const Claim, arm: u32) -> Self {
        Waiter {
            task,
            slot: Cell::new(slot),
            next: Cell::new(null_mut()),
            prev: Cell::new(null_mut()),
            claim,
            arm,
            outcome: UnsafeCell::new(Outcome::Waiting),
        }
    }

    /// Who waits.
    #[inline(always)]
    pub(crate) fn task(&self) -> Task {
        self.task
    }

    /// Names the place of the value, before the waiter is linked.
    #[inline(always)]
    pub fn set_slot(&self, slot: *mut u8) {
        self.slot.set(slot);
    }

    /// The place of the value.
    #[inline(always)]
    pub fn slot(&self) -> *mut u8 {
        self.slot.get()
    }

    /// Wins this waiter for whoever holds its queue's lock. False when
    /// something else won it already: then it is stale.
    ///
    /// # Safety
    /// The waiter is linked and the queue's lock is held.
    #[inline(always)]
    pub(super) unsafe fn try_win(&self) -> bool {
        // SAFETY: the claim lives as long as any waiter with it is linked.
        self.claim.is_null() || unsafe { &*self.claim }.try_win(self.arm)
    }

    /// Whether it stands for a value that is kept.
    pub(crate) fn is_kept(&self) -> bool {
        self.claim.is_null() && self.arm == KEPT
    }

    /// Whether it waits on behalf of the same select as `other`.
    #[inline(always)]
    pub(super) fn is_sibling_of(&self, other: &Waiter) -> bool {
        !self.claim.is_null() && std::ptr::eq(self.claim, other.claim)
    }

    /// Whether it waits on behalf of the same select as `other`, which is a fair one.
    #[inline(always)]
    pub(super) fn is_fair_sibling_of(&self, other: &Waiter) -> bool {
        // SAFETY: the caller's own waiter is about to be linked, so its claim lives.
        self.is_sibling_of(other) && unsafe { &*other.claim }.is_fair()
    }

    /// Whether it is stale: its select was decided elsewhere.
    ///
    /// # Safety
    /// The waiter is linked and the queue's lock is held.
    #[inline(always)]
    pub(super) unsafe fn is_stale(&self) -> bool {
        // SAFETY: as in `try_win`.
        !self.claim.is_null() && !unsafe { &*self.claim }.is_open()
    }

    /// Gives a won waiter its outcome. The result must be spent after the
    /// queue's lock was released.
    ///
    /// # Safety
    /// The caller has won the waiter and holds its queue's lock.
    #[inline(always)]
    pub unsafe fn settle(waiter: NonNull<Waiter>, outcome: Outcome) -> Waker {
        // SAFETY: a won waiter is alive until it is made ready.
        let waiter = unsafe { waiter.as_ref() };
        // SAFETY: only the winner writes, and the owner reads after `ready`.
        waiter.outcome.with_mut(|place| unsafe { *place = outcome });
        Waker(Some(waiter.task))
    }

    /// A waiter for the one arm that `claim` decides.
    pub(crate) fn with_claim(task: Task, claim: *const Claim) -> Self {
        Waiter::new(task, null_mut(), claim, 0)
    }

    /// Gives a won waiter its outcome, as [`settle`](Waiter::settle) does. Whoever calls this makes it
    /// ready after the queue's lock was released.
    ///
    /// # Safety
    /// As for `settle`.
    pub(crate) unsafe fn settle_later(waiter: NonNull<Waiter>, outcome: Outcome) {
        // SAFETY: as the caller says; whom to wake is known without the result.
        let _later = unsafe { Waiter::settle(waiter, outcome) };
    }

    /// What became of it; for the owner, once it was made ready by this
    /// waiter's queue.
    #[inline(always)]
    pub fn outcome(&self) -> Outcome {
        // SAFETY: written before `ready`, which comes before the owner goes on.
        self.outcome.with(|place| unsafe { *place })
    }
}

/// Somebody who was served and must be made ready once the lock is released
/// (or nobody).
#[derive(Debug)]
#[must_use = "somebody waits to be woken"]
pub struct Waker(Option<Task>);

impl Waker {
    /// There is nobody to wake.
    pub const NOBODY: Waker = Waker(None);

    /// Whom to wake, for those who wake in a way of their own.
    #[inline(always)]
    pub fn task(self) -> Option<Task> {
        self.0
    }

    /// Makes the served one ready. The queue's lock must have been released:
    /// whoever is woken may come straight back for it.
    #[inline(always)]
    pub fn wake(self, place: Place) {
        if let Some(task) = self.0 {
            // SAFETY: made by `settle`, once per waiter that was won, and a
            // waiter is won once per park.
            unsafe { gorge_sched::ready(task, place) };
        }
    }
}
