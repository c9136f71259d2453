//! The word, the queue, and who wakes whom.
//!
//! Counter and number of waiters lie in one word, so that "the counter became
//! zero while somebody waits" is seen by exactly one caller:
//!
//! ```text
//!   state   | counter (32 bits, signed) | waiters (32 bits) |
//!
//!   add(d)  counter += d, one locked instruction. Became 0 with waiters?
//!           take the lock, state = 0, wake them all.
//!   wait    counter == 0? return. Otherwise, under the lock: waiters += 1,
//!           enter the queue, park.
//!   give up (a deadline, a select) under the lock, if still queued: waiters -= 1
//! ```
//!
//! Invariant: whenever the lock is free, the queue's length is `waiters`. So
//! who took the counter to zero finds, once it has the lock, everybody it
//! counted, but for those who have given up.

use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::ptr::NonNull;

use gorge_base::probe::{self, Op};
use gorge_base::sync::atomic::{AtomicU64, Ordering};
use gorge_sched::{Parking, Place, WaitReason};

use crate::wait::{Batch, Claim, Held, Lock, Queue, Waiter, undo};

/// What the handles of one group share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) state: AtomicU64,
    pub(super) lock: Lock,
    pub(super) waiters: Queue,
}

// SAFETY: the queue is used under the lock only.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}
impl UnwindSafe for Shared {}
impl RefUnwindSafe for Shared {}

/// The word, taken apart.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct State {
    pub(super) counter: i32,
    pub(super) waiters: u32,
}

impl State {
    pub(super) fn of(word: u64) -> State {
        State { counter: (word >> 32) as i32, waiters: word as u32 }
    }
}

/// One more who waits, in the word.
pub(super) const ONE_WAITER: u64 = 1;

impl Shared {
    pub(super) fn new() -> Self {
        Shared { state: AtomicU64::new(0), lock: Lock::new(), waiters: Queue::new() }
    }

    /// Waits for zero; true if that took parking.
    pub(super) fn wait(&self, at: &'static Location<'static>) -> bool {
        // Acquire: pairs with the `add` that made it zero.
        if State::of(self.state.load(Ordering::Acquire)).counter == 0 {
            probe::acquire(self.address());
            return false;
        }
        loop {
            let held = self.lock.lock();
            let Some(parking) = Parking::try_begin() else {
                drop(held);
                Parking::recover();
                continue;
            };
            if !self.count_waiter() {
                drop(held);
                parking.cancel();
                probe::acquire(self.address());
                return false;
            }
            // Relaxed: we have the lock, under which waiters are counted.
            let first = State::of(self.state.load(Ordering::Relaxed)).waiters == 1;
            if undo::is_wanted() {
                self.wait_undoably(parking, held, first, at);
                return true;
            }
            let waiter = Waiter::plain(parking.task(), std::ptr::null_mut());
            // SAFETY: the lock is held, and the waiter stays in place until
            // `park` returns.
            unsafe {
                self.waiters.push(NonNull::from(&waiter));
                drop(held);
                parking.park(WaitReason::WaitGroup, at);
            }
            if probe::any() {
                self.tell_waited(first, at);
            }
            return true;
        }
    }

    /// A wait that can be taken back, of one who is counted.
    #[cold]
    fn wait_undoably(
        &self,
        parking: Parking,
        held: Held<'_>,
        first: bool,
        at: &'static Location<'static>,
    ) {
        let claim = Claim::new(false);
        let waiter = Waiter::with_claim(parking.task(), &claim);
        // SAFETY: as in `wait`; whoever has backed out takes the waiter out before it ends.
        let served = unsafe {
            self.waiters.push(NonNull::from(&waiter));
            drop(held);
            undo::park(parking, &claim, WaitReason::WaitGroup, at)
        };
        if !served {
            // SAFETY: it is in place.
            unsafe { self.give_up(NonNull::from(&waiter)) };
            gorge_sched::bubble::leave_if_over();
        }
        self.tell_waited(first, at);
    }

    /// One who was counted waits no more.
    ///
    /// # Safety
    /// The waiter was pushed here, and is in place.
    pub(super) unsafe fn give_up(&self, waiter: NonNull<Waiter>) {
        let _held = self.lock.lock();
        // SAFETY: the lock is held; the rest is the caller's promise.
        if unsafe { self.waiters.withdraw(waiter) } {
            // Relaxed: nobody goes on because of this.
            self.state.fetch_sub(ONE_WAITER, Ordering::Relaxed);
        }
    }

    /// One more waiter, unless the counter is zero. Under the lock.
    pub(super) fn count_waiter(&self) -> bool {
        let counted = self.state.fetch_update(Ordering::AcqRel, Ordering::Acquire, |word| {
            (State::of(word).counter != 0).then_some(word + ONE_WAITER)
        });
        counted.is_ok()
    }

    /// Whoever has waited goes on before the counter is raised again.
    #[track_caller]
    pub(super) fn check_reuse(&self) {
        // Acquire: as in `wait`.
        let reused = self.state.load(Ordering::Acquire) != 0;
        assert!(!reused, "sync: WaitGroup is reused before previous Wait has returned");
    }

    /// By what tools know it.
    pub(super) fn address(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }

    #[cold]
    pub(super) fn tell_adds(&self, delta: i32, at: &'static Location<'static>) {
        probe::point(Op::Count, self.address(), at);
        if delta < 0 {
            probe::release_empty(self.address());
        } else if State::of(self.state.load(Ordering::Relaxed)).counter == 0 {
            // The first `add` must come before `wait`, or after: together they are
            // told as a race of a read with a write, as in Go.
            probe::access(self.address(), self.address(), false, at);
        }
    }

    #[cold]
    pub(super) fn tell_waited(&self, first: bool, at: &'static Location<'static>) {
        if first {
            probe::access(self.address(), self.address(), true, at);
        }
        probe::acquire(self.address());
    }

    /// The counter has become zero while somebody waits.
    #[cold]
    #[track_caller]
    pub(super) fn release(&self) {
        let held = self.lock.lock();
        // Whoever raises the counter again now has not waited for `wait` to return.
        let cleared = self.state.fetch_update(Ordering::AcqRel, Ordering::Relaxed, |word| {
            (State::of(word).counter == 0).then_some(0)
        });
        let woken = Batch::new();
        if cleared.is_ok() {
            // SAFETY: the lock is held.
            unsafe { woken.take_all(&self.waiters) };
        }
        drop(held);
        // When all who were counted have given up meanwhile, raising it again was right.
        if cleared.is_err_and(|word| State::of(word).waiters != 0) {
            misuse();
        }
        woken.wake(Place::Tail);
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        probe::gone(self.address(), size_of::<Shared>());
    }
}

#[cold]
#[track_caller]
pub(super) fn misuse() -> ! {
    panic!("sync: WaitGroup misuse: Add called concurrently with Wait")
}
