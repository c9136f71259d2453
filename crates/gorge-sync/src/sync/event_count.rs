//! Counting events that cannot be held, so that none is missed between trying
//! and waiting.
//!
//! ```text
//!   who waits                               who knows of events
//!   W1  seen = count                        E1  (the thing becomes possible)
//!   W2  try; possible: done                 E2  under the lock: count += 1, take all who wait
//!   W3  under the lock: count == seen?      E3  wake them
//!       yes: enter the queue, park
//!       no, or woken: W1
//! ```
//!
//! Invariant: nobody is in the queue who has not seen the last event before he
//! tried. For if E2 comes before W3, W3 sees another count; if it comes after,
//! it finds him in the queue. So whatever became possible after W2 is tried again.
//!
//! Rejected: a flag that whoever waits takes down. With two who wait, the first
//! to take it down hides from the other that there may be enough for both.

use std::fmt;
use std::panic::Location;
use std::ptr::NonNull;

use gorge_base::probe;
use gorge_base::sync::atomic::{AtomicU32, Ordering};
use gorge_sched::{Task, WaitReason};

use super::crowd::Crowd;
use crate::select::{Selectable, one, one_until};
use crate::time::instant::Instant;
use crate::wait::Waiter;

/// A count of events, for those who try something, cannot do it, and wait for the
/// next event before they try again.
///
/// # Examples
/// ```
/// use gorge::sync::EventCount;
/// use gorge_base::atomic::{AtomicU32, Ordering::SeqCst};
///
/// static SLOT: AtomicU32 = AtomicU32::new(0);
/// static PUT: EventCount = EventCount::new();
///
/// let taker = gorge::go(|| {
///     loop {
///         let seen = PUT.seen();
///         match SLOT.swap(0, SeqCst) {
///             0 => PUT.wait(seen), // returns at once if something was put since
///             value => break value,
///         }
///     }
/// });
/// SLOT.store(42, SeqCst);
/// PUT.advance();
/// assert_eq!(taker.join().unwrap(), 42);
/// ```
///
/// # Compared with Go
/// `sync.Cond`, for conditions that no mutex guards.
pub struct EventCount {
    /// Its word: how many events have happened.
    crowd: Crowd<AtomicU32>,
}

/// How many events somebody has seen.
///
/// # Examples
/// ```
/// use gorge::sync::EventCount;
///
/// let changes = EventCount::new();
/// let seen = changes.seen(); // before looking at the data
/// changes.advance(); // somebody has changed the data
/// assert!(changes.wait_deadline(seen, gorge::time::now())); // no need to wait
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seen(u32);

impl Seen {
    /// As a number, to be kept in an atomic.
    #[doc(hidden)]
    #[inline(always)]
    pub fn to_bits(self) -> u32 {
        self.0
    }

    /// Whether the count `noted` (see [`EventCount::advance_noting`]) was reached after this.
    #[doc(hidden)]
    #[inline(always)]
    #[must_use]
    pub fn is_before(self, noted: u32) -> bool {
        noted.wrapping_sub(self.0).cast_signed() > 0
    }
}

impl EventCount {
    const_unless_loom! {
        /// No event has happened.
        #[must_use]
        pub const fn new() -> Self {
            EventCount { crowd: Crowd::with(AtomicU32::new(0)) }
        }
    }

    /// What has happened so far: to be asked before trying.
    #[inline(always)]
    #[must_use]
    pub fn seen(&self) -> Seen {
        // Acquire: pairs with the release in `advance`; what is tried next is
        // not older than the event.
        let seen = Seen(self.crowd.word.load(Ordering::Acquire));
        probe::acquire(self.address());
        seen
    }

    /// By what the race detector knows it.
    fn address(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }

    /// Something has happened: all who wait try again.
    pub fn advance(&self) {
        probe::release_empty(self.address());
        self.crowd.release_all(|| self.count_up());
    }

    /// As [`advance`](Self::advance); those who waited are given to `wake`, who must make each
    /// ready, once. For callers inside the scheduler. No lock is held while it runs.
    #[doc(hidden)]
    pub fn advance_with(&self, wake: impl FnMut(Task)) {
        self.advance_noting(|_| {}, wake);
    }

    /// As [`advance_with`](Self::advance_with); `note` is given the new count, before anybody can see it.
    #[doc(hidden)]
    pub fn advance_noting(&self, note: impl FnOnce(Seen), wake: impl FnMut(Task)) {
        let change = || {
            note(Seen(self.crowd.word.load(Ordering::Relaxed).wrapping_add(1)));
            self.count_up();
        };
        self.crowd.release_all_to(change, wake);
    }

    fn count_up(&self) {
        // Under the lock, so a load and a store will do. Release: see `seen`.
        let count = self.crowd.word.load(Ordering::Relaxed);
        self.crowd.word.store(count.wrapping_add(1), Ordering::Release);
    }

    /// Waits until more has happened than was `seen`.
    ///
    /// # Blocking
    /// Until [`advance`](Self::advance) has been called since; a dump shows `[event]`.
    #[track_caller]
    pub fn wait(&self, seen: Seen) {
        one(self.advanced(seen), Location::caller());
    }

    /// As [`wait`](Self::wait), until `deadline` at most; false when that was too early.
    ///
    /// # Blocking
    /// As [`wait`](Self::wait), or until time is up.
    #[track_caller]
    pub fn wait_deadline(&self, seen: Seen, deadline: Instant) -> bool {
        one_until(self.advanced(seen), deadline, Location::caller()).is_ok()
    }

    /// Waiting as an arm of a select.
    pub fn advanced(&self, seen: Seen) -> Advanced<'_> {
        Advanced { events: self, seen, reason: WaitReason::Event }
    }

    /// As [`wait`](Self::wait) or [`wait_deadline`](Self::wait_deadline); a dump shows `reason` and `at`.
    #[doc(hidden)]
    pub fn wait_as(
        &self,
        seen: Seen,
        deadline: Option<Instant>,
        reason: WaitReason,
        at: &'static Location<'static>,
    ) -> bool {
        let arm = Advanced { reason, ..self.advanced(seen) };
        match deadline {
            None => one(arm, at),
            Some(deadline) => return one_until(arm, deadline, at).is_ok(),
        }
        true
    }
}

impl Drop for EventCount {
    fn drop(&mut self) {
        probe::gone(self.address(), size_of::<EventCount>());
    }
}

impl Default for EventCount {
    fn default() -> Self {
        EventCount::new()
    }
}

impl fmt::Debug for EventCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventCount").field("seen", &self.seen().0).finish_non_exhaustive()
    }
}

/// Waiting for an [`EventCount`], as an arm of a select.
///
/// # Examples
/// ```
/// use gorge::{select, sync::EventCount};
///
/// let changes = EventCount::new();
/// let seen = changes.seen();
/// changes.advance();
/// select! {
///     on(changes.advanced(seen)) -> _ => {}
///     default => panic!("it has advanced"),
/// }
/// ```
#[derive(Debug)]
#[must_use = "an arm does nothing outside of a select"]
pub struct Advanced<'a> {
    events: &'a EventCount,
    seen: Seen,
    reason: WaitReason,
}

// SAFETY: looking and enlisting happen under the crowd's lock, which also
// serves and withdraws.
unsafe impl Selectable for Advanced<'_> {
    type Output = ();

    #[inline(always)]
    fn is_ready(&self) -> bool {
        self.events.seen() != self.seen
    }

    #[inline(always)]
    fn try_now(&mut self) -> Option<()> {
        self.is_ready().then_some(())
    }

    unsafe fn enlist(&mut self, waiter: NonNull<Waiter>) -> bool {
        // SAFETY: as the caller says.
        unsafe { self.events.crowd.enlist(waiter, || !self.is_ready()) }
    }

    unsafe fn withdraw(&mut self, waiter: NonNull<Waiter>) {
        // SAFETY: as the caller says.
        unsafe { self.events.crowd.withdraw(waiter) }
    }

    unsafe fn complete(&mut self, _: NonNull<Waiter>) {
        probe::acquire(self.events.address());
    }

    fn wait_reason(&self) -> WaitReason {
        self.reason
    }
}
