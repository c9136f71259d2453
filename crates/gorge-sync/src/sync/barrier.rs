//! A place where a number of goroutines meet.

use std::fmt;
use std::panic::Location;
use std::ptr::NonNull;

use gorge_base::probe::{self, Op};
use gorge_base::sync::cell::UnsafeCell;
use gorge_sched::{Parking, Place, WaitReason};

use crate::wait::{Batch, Claim, Held, Lock, Queue, Waiter, undo};

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
    /// How many have come in this round and wait.
    arrived: UnsafeCell<usize>,
    /// Changes with each round.
    odd_round: UnsafeCell<bool>,
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
/// use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
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
            Barrier { size, lock: Lock::new(), arrived: UnsafeCell::new(0), odd_round: UnsafeCell::new(false), queue: Queue::new() }
        }
    }

    /// Waits until so many have come, this caller included.
    ///
    /// # Blocking
    /// Until the last one of this round comes; a dump shows `[barrier]`. There
    /// is no time limit: who has come cannot go again, or the round would never end.
    #[track_caller]
    pub fn wait(&self) -> BarrierWaitResult {
        let at = Location::caller();
        let address = std::ptr::from_ref(self) as usize;
        probe::point(Op::Wait, address, at);
        loop {
            let held = self.lock.lock();
            // SAFETY: the lock is held.
            let arrived = self.arrived.with(|arrived| unsafe { *arrived }) + 1;
            // A round has one of two addresses, so that who leaves late does not
            // see what others have done since. (The next round but one begins
            // when all have left this one.)
            // SAFETY: as above.
            let round = address + self.odd_round.with(|odd| usize::from(unsafe { *odd }));
            probe::release(round);
            if arrived >= self.size {
                probe::acquire(round);
                let others = Batch::new();
                // SAFETY: the lock is held.
                unsafe {
                    self.arrived.with_mut(|arrived| *arrived = 0);
                    self.odd_round.with_mut(|odd| *odd = !*odd);
                    others.take_all(&self.queue);
                }
                drop(held);
                others.wake(Place::Tail);
                return BarrierWaitResult(true);
            }
            let Some(parking) = Parking::try_begin() else {
                drop(held);
                Parking::recover();
                continue;
            };
            // SAFETY: the lock is held.
            self.arrived.with_mut(|place| unsafe { *place = arrived });
            if undo::is_wanted() {
                self.wait_undoably(parking, held, at);
                probe::acquire(round);
                return BarrierWaitResult(false);
            }
            let waiter = Waiter::plain(parking.task(), std::ptr::null_mut());
            // SAFETY: the lock is held, and the waiter stays in place until
            // `park` returns.
            unsafe {
                self.queue.push(NonNull::from(&waiter));
                drop(held);
                parking.park(WaitReason::Barrier, at);
            }
            probe::acquire(round);
            return BarrierWaitResult(false);
        }
    }

    /// A wait that can be taken back, of one who has been counted.
    #[cold]
    fn wait_undoably(&self, parking: Parking, held: Held<'_>, at: &'static Location<'static>) {
        let claim = Claim::new(false);
        let waiter = Waiter::with_claim(parking.task(), &claim);
        // SAFETY: as in `wait`; whoever has backed out takes the waiter out before it ends.
        let served = unsafe {
            self.queue.push(NonNull::from(&waiter));
            drop(held);
            undo::park(parking, &claim, WaitReason::Barrier, at)
        };
        if !served {
            let held = self.lock.lock();
            // SAFETY: the lock is held.
            unsafe {
                if self.queue.withdraw(NonNull::from(&waiter)) {
                    self.arrived.with_mut(|arrived| *arrived -= 1);
                }
            }
            drop(held);
            gorge_sched::bubble::leave_if_over();
        }
    }
}

impl Drop for Barrier {
    fn drop(&mut self) {
        probe::gone(std::ptr::from_ref(self) as usize, size_of::<Barrier>());
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier").field("size", &self.size).finish_non_exhaustive()
    }
}
