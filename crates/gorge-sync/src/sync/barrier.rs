//! A place where a number of goroutines meet.
//!
//! Invariant: who has arrived is counted, and stays so; waiting is another matter. So a round ends whether those
//! who have come for it wait, or wait for something else as well, or have given that up.

use std::fmt;
use std::panic::Location;
use std::ptr::NonNull;
use std::time::Duration;

use gorge_base::probe::{self, Op};
use gorge_base::sync::atomic::{AtomicUsize, Ordering};
use gorge_base::sync::cell::UnsafeCell;
use gorge_sched::{Place, WaitReason};

use crate::select::{Selectable, one, one_until};
use crate::time::instant::Instant;
use crate::wait::{Batch, Lock, Queue, Waiter};

/// Lets a number of goroutines (or plain threads) wait for each other, again
/// and again.
///
/// # Examples
/// ```
/// use gorge::sync::Barrier;
///
/// let barrier = Barrier::new(3);
/// gorge::scope(|s| {
///     for _ in 0..3 {
///         s.go(|| {
///             // ... first part ...
///             barrier.wait();
///             // ... second part: everybody's first part is over ...
///         });
///     }
/// });
/// ```
///
/// # Compared with Go
/// Nothing; in Go programs it is two wait groups.
pub struct Barrier {
    size: usize,
    lock: Lock,
    /// How many have come in this round.
    arrived: UnsafeCell<usize>,
    /// Of the round that goes on. Changed under the lock.
    round: AtomicUsize,
    queue: Queue,
}

// SAFETY: number and queue are used under `lock` only.
unsafe impl Send for Barrier {}
// SAFETY: as above.
unsafe impl Sync for Barrier {}

/// What [`Barrier::wait`] says.
///
/// # Examples
/// ```
/// use gorge::sync::Barrier;
/// use gorge_base::atomic::{AtomicU32, Ordering::Relaxed};
///
/// let (barrier, leaders) = (Barrier::new(3), AtomicU32::new(0));
/// gorge::scope(|s| {
///     for _ in 0..3 {
///         s.go(|| {
///             if barrier.wait().is_leader() {
///                 leaders.fetch_add(1, Relaxed); // one of them, to do what is to be done once
///             }
///         });
///     }
/// });
/// assert_eq!(leaders.into_inner(), 1);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BarrierWaitResult(bool);

impl BarrierWaitResult {
    /// True for one of each round: the one who came last.
    #[must_use]
    pub fn is_leader(self) -> bool {
        self.0
    }
}

impl Barrier {
    const_unless_loom! {
        /// A barrier for `size`; with 0 or 1 nobody waits.
        #[must_use]
        pub const fn new(size: usize) -> Self {
            Barrier {
                size,
                lock: Lock::new(),
                arrived: UnsafeCell::new(0),
                round: AtomicUsize::new(0),
                queue: Queue::new(),
            }
        }
    }

    /// Waits until so many have come, this caller included.
    ///
    /// # Blocking
    /// Until the last one of this round comes; a dump shows `[barrier]`. There
    /// is no time limit: who may have to go on before comes by [`arrive`](Self::arrive).
    #[track_caller]
    pub fn wait(&self) -> BarrierWaitResult {
        /// Who is unwound because a run of the program is over has not come.
        struct TakeBack<'a, 'b>(&'a Arrival<'b>);
        impl Drop for TakeBack<'_, '_> {
            fn drop(&mut self) {
                self.0.take_back();
            }
        }
        let arrival = self.arrive();
        if !arrival.leads {
            let back = TakeBack(&arrival);
            one(arrival.waiting(), Location::caller());
            std::mem::forget(back);
        }
        BarrierWaitResult(arrival.leads)
    }

    /// Says that the caller has come, and does not wait: that is done by what this gives, or not at all. Who has come
    /// cannot go again, or the round would never end.
    ///
    /// # Examples
    /// ```
    /// use gorge::{select, sync::Barrier};
    /// use std::time::Duration;
    ///
    /// let barrier = Barrier::new(2);
    /// gorge::scope(|s| {
    ///     let mine = barrier.arrive();
    ///     assert!(!mine.wait_timeout(Duration::from_millis(1))); // the other has not come
    ///     s.go(|| barrier.wait());
    ///     select! {
    ///         on(mine.waiting()) -> _ => assert!(!mine.is_leader()),
    ///         timeout(Duration::from_secs(60)) => panic!("it has come by now"),
    ///     }
    /// });
    /// ```
    #[track_caller]
    pub fn arrive(&self) -> Arrival<'_> {
        probe::point(Op::Wait, self.address(), Location::caller());
        let held = self.lock.lock();
        // Relaxed: it changes under the lock.
        let round = self.round.load(Ordering::Relaxed);
        // SAFETY: the lock is held.
        let arrived = self.arrived.with(|arrived| unsafe { *arrived }) + 1;
        probe::release_empty(self.address_of(round));
        let leads = arrived >= self.size;
        // SAFETY: as above.
        self.arrived.with_mut(|place| unsafe { *place = if leads { 0 } else { arrived } });
        if leads {
            probe::acquire(self.address_of(round));
            let others = Batch::new();
            // Release: pairs with the acquire in `is_over`. Those who came before have let go of the lock.
            self.round.store(round.wrapping_add(1), Ordering::Release);
            // SAFETY: the lock is held.
            unsafe { others.take_all(&self.queue) };
            drop(held);
            others.wake(Place::Tail);
        }
        Arrival { barrier: self, round, leads }
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }

    /// By what tools know a round: one of two addresses, so that who leaves late does not see what those have done
    /// since who have come for the next one.
    fn address_of(&self, round: usize) -> usize {
        self.address() + round % 2
    }

    fn is_over(&self, round: usize) -> bool {
        // Acquire: pairs with the release in `arrive`.
        self.round.load(Ordering::Acquire) != round
    }
}

/// One of those who have come to a [`Barrier`]; made by [`Barrier::arrive`]. Dropping it changes nothing.
///
/// # Examples
/// ```
/// use gorge::sync::{Arrival, Barrier};
/// use std::time::Duration;
///
/// let barrier = Barrier::new(2);
/// let one: Arrival<'_> = barrier.arrive();
/// assert!(!one.is_over() && !one.wait_deadline(gorge::time::now() + Duration::from_millis(1)));
/// let other = barrier.arrive(); // the last one
/// assert!(one.is_over() && other.is_leader());
/// one.wait();
/// ```
#[derive(Debug)]
#[must_use = "the round's end can be waited for with this; `wait` arrives and waits"]
pub struct Arrival<'a> {
    barrier: &'a Barrier,
    round: usize,
    leads: bool,
}

/// Waiting for the end of a round of a [`Barrier`], as an arm of a select.
///
/// # Examples
/// ```
/// use gorge::sync::{Barrier, RoundOver};
///
/// let barrier = Barrier::new(1);
/// let mine = barrier.arrive();
/// let arm: RoundOver<'_> = mine.waiting();
/// gorge::future::block_on(gorge::future::when(arm));
/// assert!(mine.is_leader());
/// ```
#[derive(Debug)]
#[must_use = "an arm does nothing outside of a select"]
pub struct RoundOver<'a> {
    barrier: &'a Barrier,
    round: usize,
}

impl<'a> Arrival<'a> {
    /// Whether all have come.
    #[must_use]
    #[track_caller]
    pub fn is_over(&self) -> bool {
        probe::point(Op::Load, self.barrier.address(), Location::caller());
        self.waiting().has_ended()
    }

    /// True for one of each round: the one who came last.
    #[must_use]
    pub fn is_leader(&self) -> bool {
        self.leads
    }

    /// Waits until all have come.
    ///
    /// # Blocking
    /// As [`Barrier::wait`].
    #[track_caller]
    pub fn wait(&self) {
        one(self.waiting(), Location::caller());
    }

    /// As [`wait`](Self::wait), at most for `timeout`; false when that was too short.
    ///
    /// # Blocking
    /// As [`wait`](Self::wait), or until time is up.
    #[track_caller]
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        self.wait_deadline(Instant::now() + timeout)
    }

    /// As [`wait`](Self::wait), until `deadline` at most; false when that was too early.
    ///
    /// # Blocking
    /// As [`wait`](Self::wait), or until time is up.
    #[track_caller]
    pub fn wait_deadline(&self, deadline: Instant) -> bool {
        one_until(self.waiting(), deadline, Location::caller()).is_ok()
    }

    /// Waiting as an arm of a select.
    pub fn waiting(&self) -> RoundOver<'a> {
        RoundOver { barrier: self.barrier, round: self.round }
    }

    /// The caller has not come, if the round goes on.
    #[cold]
    fn take_back(&self) {
        let _held = self.barrier.lock.lock();
        if !self.barrier.is_over(self.round) {
            // SAFETY: the lock is held; we are one of those counted.
            self.barrier.arrived.with_mut(|arrived| unsafe { *arrived -= 1 });
        }
    }
}

impl RoundOver<'_> {
    fn has_ended(&self) -> bool {
        let over = self.barrier.is_over(self.round);
        if over {
            self.tell_seen();
        }
        over
    }

    /// Tells that the caller goes on because all have come.
    fn tell_seen(&self) {
        probe::acquire(self.barrier.address_of(self.round));
    }
}

// SAFETY: the round is changed, and waiters are enlisted, served and withdrawn, under the barrier's lock.
unsafe impl Selectable for RoundOver<'_> {
    type Output = ();

    fn is_ready(&self) -> bool {
        self.barrier.is_over(self.round)
    }

    fn try_now(&mut self) -> Option<()> {
        self.has_ended().then_some(())
    }

    unsafe fn enlist(&mut self, waiter: NonNull<Waiter>) -> bool {
        let _held = self.barrier.lock.lock();
        let must_wait = !self.is_ready();
        if must_wait {
            // SAFETY: the lock is held; the rest is the caller's promise.
            unsafe { self.barrier.queue.push(waiter) };
        }
        must_wait
    }

    unsafe fn withdraw(&mut self, waiter: NonNull<Waiter>) {
        let _held = self.barrier.lock.lock();
        // SAFETY: the lock is held; the rest is the caller's promise.
        unsafe { self.barrier.queue.withdraw(waiter) };
    }

    unsafe fn complete(&mut self, _: NonNull<Waiter>) {
        self.tell_seen();
    }

    fn wait_reason(&self) -> WaitReason {
        WaitReason::Barrier
    }
}

impl Drop for Barrier {
    fn drop(&mut self) {
        probe::gone(self.address(), size_of::<Barrier>());
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier").field("size", &self.size).finish_non_exhaustive()
    }
}
