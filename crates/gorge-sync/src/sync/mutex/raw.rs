//! Who has the lock, and who gets it next.
//!
//! Promise: without contention, one locked instruction to lock and one to
//! unlock; the same while others wait and somebody of them is awake. Under
//! contention whoever runs gets the lock (normal mode), but nobody waits much
//! longer than [`PATIENCE`] for it: then it is handed over in the order of
//! arrival (starvation mode).
//!
//! ```text
//!   lock      set LOCKED. It was not set before: the lock is ours.
//!   unlock    STARVING, or a fair mutex: the first waiter gets it, without letting go.
//!             Otherwise clear LOCKED. Were there WAITERS, and nobody WOKEN?
//!             Set LOCKED again. It was not set before:
//!               LOCKED|WAITERS --> WOKEN (and WAITERS, if others wait), and the
//!               first waiter is made ready, to try again.
//!             It was: the one who has the lock will see to the waiters.
//! ```
//!
//! Invariants:
//! - The queue is not empty only while `WAITERS` is set, and that is set only
//!   while the lock is held, under the queue's lock. So the unlock that follows
//!   sees it.
//! - `hands_over` is set exactly while `STARVING` is, or the mutex is fair; both
//!   change together, under the queue's lock. It is a word of its own because who
//!   unlocks looks at it first: reading the word that it has just written, to
//!   lock, would cost more than locking.
//! - While `STARVING` is set nobody lets go of the lock, but for one who did not
//!   see that before it let go: it, or whoever locks meanwhile, hands over then.
//! - While `WOKEN` is set there is somebody awake who will clear it, by taking
//!   the lock or by queueing up again. Without that, an unlock would rely on
//!   somebody who does not come, and the queue would wait for ever.
//! - Who waits for something else too (a select, a deadline) is always handed
//!   the lock: it cannot be woken only to find that it must wait on.
//!
//! Why two modes: handing over at each unlock makes the lock as slow as the
//! switch to whoever gets it; never handing over lets those who run keep those
//! who wait from it for any time. The two modes are those of Go's mutex.

use std::cell::Cell;
use std::panic::Location;
use std::ptr::NonNull;

use gorge_base::probe::{self, Hold, Op};
use gorge_base::sync::atomic::{AtomicBool, Ordering};
use gorge_base::sync::hint;
use gorge_sched::{Parking, Place, WaitReason};

use super::word::Word;
use crate::wait::{Claim, Lock, Outcome, Queue, Waiter, undo};

/// After so many nanoseconds a waiter that was woken and came too late again
/// asks for the lock to be handed over. To loom, where the time stands still: at once.
const PATIENCE: u64 = if cfg!(loom) { 0 } else { 1_000_000 };

/// How often a newcomer looks whether the lock has become free, before it queues up.
const LOOKS: u32 = if cfg!(loom) { 1 } else { 4 };
/// Pauses between two looks.
const PAUSES: u32 = 30;

/// The lock, without a value.
///
/// The word is at the end, beside the value: see [`Mutex`](super::Mutex).
#[derive(Debug)]
#[repr(C)]
pub(crate) struct RawMutex {
    queue: Queue,
    spin: Lock,
    hands_over: AtomicBool,
    fair: bool,
    word: Word,
}

// SAFETY: the queue is used under `spin` only.
unsafe impl Send for RawMutex {}
// SAFETY: as above.
unsafe impl Sync for RawMutex {}

/// What somebody who wants the lock has gone through.
struct Attempt {
    /// It is the one on whose behalf `WOKEN` was set.
    woken: bool,
    /// When it first queued up.
    since: Option<u64>,
    starving: bool,
    /// So often it may look yet, before it queues up.
    looks: u32,
}

impl Attempt {
    fn new() -> Self {
        // Who has the lock does not let go of it while nobody but the caller runs.
        let looks = if gorge_sched::others_run() { LOOKS } else { 0 };
        Attempt { woken: false, since: None, starving: false, looks }
    }
}

impl RawMutex {
    const_unless_loom! {
        pub(crate) const fn new(fair: bool) -> Self {
            RawMutex {
                queue: Queue::new(),
                spin: Lock::new(),
                hands_over: AtomicBool::new(fair),
                fair,
                word: Word::new(),
            }
        }
    }

    #[inline(always)]
    pub(crate) fn lock(&self, at: &'static Location<'static>) {
        if probe::any() {
            return self.lock_told(at);
        }
        self.lock_quiet(at);
    }

    #[inline]
    pub(crate) fn try_lock(&self, at: &'static Location<'static>) -> bool {
        probe::point(Op::Lock, self.address(), at);
        let locked = self.take_free();
        if locked {
            self.tell_locked(at);
        }
        locked
    }

    /// By what tools know it.
    #[inline(always)]
    pub(crate) fn address(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }

    /// As [`lock`](RawMutex::lock), with somebody listening.
    #[cold]
    #[inline(never)]
    fn lock_told(&self, at: &'static Location<'static>) {
        probe::point(Op::Lock, self.address(), at);
        if !self.take_free() {
            probe::waits(Op::Lock, self.address(), at);
            self.lock_slow(at);
            probe::goes_on(self.address());
        }
        self.tell_locked(at);
    }

    /// Locks it, and tells nobody.
    #[inline(always)]
    pub(crate) fn lock_quiet(&self, at: &'static Location<'static>) {
        if !self.word.lock() {
            self.lock_slow(at);
        }
    }

    /// Unlocks it, and tells nobody.
    ///
    /// # Safety
    /// The lock is the caller's, to let go.
    #[inline(always)]
    pub(crate) unsafe fn unlock_quiet(&self) {
        // Relaxed: a mode, and which of the two ways is taken; both are right.
        if self.hands_over.load(Ordering::Relaxed) {
            return self.hand_over();
        }
        if self.word.unlock() {
            self.wake_slow();
        }
    }

    /// Tells that the lock is the caller's since just now.
    #[inline(always)]
    pub(crate) fn tell_locked(&self, at: &'static Location<'static>) {
        if probe::any() {
            probe::acquire(self.address());
            probe::holds(self.address(), Hold::Alone, at);
        }
    }

    /// Tells that the lock will be let go at once.
    #[cold]
    #[inline(never)]
    fn tell_unlocks(&self, leaves: bool) {
        probe::point(Op::Unlock, self.address(), Location::caller());
        probe::lets_go(self.address(), Hold::Alone);
        match leaves {
            true => probe::release(self.address()),
            false => probe::release_empty(self.address()),
        }
    }

    /// Takes the lock, if it is free.
    #[inline]
    pub(crate) fn take_free(&self) -> bool {
        self.word.take(false)
    }

    #[inline]
    pub(crate) fn is_locked(&self) -> bool {
        self.word.is_locked()
    }

    /// Whether unlocking would wake somebody, or hand over.
    pub(crate) fn has_waiters(&self) -> bool {
        self.word.has_waiters()
    }

    /// `leaves`: there may be something in the value that another one takes out.
    ///
    /// # Safety
    /// The lock is the caller's, to let go.
    #[inline(always)]
    pub(crate) unsafe fn unlock(&self, leaves: bool) {
        if probe::any() {
            self.tell_unlocks(leaves);
        }
        // SAFETY: as the caller says.
        unsafe { self.unlock_quiet() }
    }

    #[cold]
    #[inline(never)]
    fn lock_slow(&self, at: &'static Location<'static>) {
        gorge_sched::rejoin();
        let mut attempt = Attempt::new();
        while !self.word.take(attempt.woken) {
            if !self.look_again(&mut attempt) && self.wait(&mut attempt, at) {
                return;
            }
        }
    }

    /// Pauses, if it is worth while to look once more before queueing up.
    fn look_again(&self, attempt: &mut Attempt) -> bool {
        // Where the lock is handed over, those who queue already get it first.
        let handed_over = self.word.is_starving() || self.fair && self.word.has_waiters();
        if attempt.looks == 0 || handed_over {
            return false;
        }
        attempt.looks -= 1;
        // While we are awake and after it, an unlock need not wake another one.
        attempt.woken = attempt.woken || self.word.claim_awake();
        for _ in 0..PAUSES {
            hint::spin_loop();
        }
        true
    }

    /// Queues up and waits. True: the lock was handed over. False: look again.
    fn wait(&self, attempt: &mut Attempt, at: &'static Location<'static>) -> bool {
        let since = attempt.since.unwrap_or_else(gorge_sched::now);
        let queue = self.spin.lock();
        let Some(parking) = Parking::try_begin() else {
            drop(queue);
            Parking::recover();
            return false;
        };
        if !self.announce(attempt.woken, attempt.starving) {
            drop(queue);
            parking.cancel();
            return false;
        }
        let handed_over = Cell::new(false);
        let claim = undo::is_wanted().then(|| Claim::new(false));
        let waiter = match &claim {
            None => Waiter::plain(parking.task(), std::ptr::null_mut()),
            Some(claim) => Waiter::with_claim(parking.task(), claim),
        };
        waiter.set_slot(handed_over.as_ptr().cast());
        // SAFETY: the queue's lock is held; waiter and cell stay in place until
        // `park` returns, which is after the waiter was settled.
        unsafe {
            if attempt.since.is_none() {
                self.queue.push(NonNull::from(&waiter));
            } else {
                self.queue.push_front(NonNull::from(&waiter));
            }
            drop(queue);
            match &claim {
                None => parking.park(WaitReason::Mutex, at),
                Some(claim) if undo::park(parking, claim, WaitReason::Mutex, at) => {}
                Some(_) => {
                    self.withdraw(NonNull::from(&waiter));
                    gorge_sched::bubble::leave_if_over();
                    *attempt = Attempt::new();
                    return false;
                }
            }
        }
        let waited = gorge_sched::now().saturating_sub(since);
        if handed_over.get() {
            if waited < PATIENCE {
                // Those behind us have not waited long either.
                let _queue = self.spin.lock();
                self.word.end_starvation();
                self.hands_over.store(self.fair, Ordering::Relaxed);
            }
            return true;
        }
        let starving = waited >= PATIENCE;
        *attempt = Attempt { woken: true, since: Some(since), starving, ..Attempt::new() };
        false
    }

    /// Says that somebody waits, unless the lock is free. Under the queue's lock.
    fn announce(&self, woken: bool, starving: bool) -> bool {
        let must_wait = self.word.announce(woken, starving);
        if must_wait && starving {
            self.hands_over.store(true, Ordering::Relaxed);
        }
        must_wait
    }

    /// Enlists a waiter that is to be handed the lock, unless that is free.
    ///
    /// # Safety
    /// As for [`Queue::push`].
    pub(crate) unsafe fn enlist(&self, waiter: NonNull<Waiter>) -> bool {
        let _queue = self.spin.lock();
        let must_wait = self.announce(false, false);
        if must_wait {
            // SAFETY: the queue's lock is held; the rest is the caller's promise.
            unsafe { self.queue.push(waiter) };
        }
        must_wait
    }

    /// Takes a waiter out again.
    ///
    /// # Safety
    /// As for [`Queue::withdraw`].
    pub(crate) unsafe fn withdraw(&self, waiter: NonNull<Waiter>) {
        let _queue = self.spin.lock();
        // SAFETY: the queue's lock is held; the rest is the caller's promise.
        unsafe { self.queue.withdraw(waiter) };
        if self.queue.is_empty() {
            // Unlocking need not look any more, but may.
            self.nobody_waits();
        }
    }

    /// The queue is empty, and with it the starvation over. Under the queue's lock.
    fn nobody_waits(&self) {
        self.word.nobody_waits();
        self.hands_over.store(self.fair, Ordering::Relaxed);
    }

    /// The lock was let go, somebody waits, and nobody is awake: takes the lock
    /// again and wakes him, unless somebody else has it by now, and so will.
    #[cold]
    #[inline(never)]
    fn wake_slow(&self) {
        if self.word.lock() {
            self.unlock_slow();
        }
    }

    /// Unlocks without letting go where somebody waits.
    #[cold]
    fn hand_over(&self) {
        if !self.word.unlock_alone() {
            self.unlock_slow();
        }
    }

    /// Serves the queue on behalf of who has the lock, and gives it up.
    fn unlock_slow(&self) {
        if !self.fair && self.word.leave_to_woken() {
            return;
        }
        let queue = self.spin.lock();
        // SAFETY: the queue's lock is held.
        let Some(waiter) = (unsafe { self.queue.pop() }) else {
            self.nobody_waits();
            return self.word.let_go();
        };
        // Who waits for nothing else has a slot: its cell.
        // SAFETY: a popped waiter is alive until it is made ready.
        let plain = !unsafe { waiter.as_ref() }.slot().is_null();
        let last = self.queue.is_empty();
        let place = if self.hands_over.load(Ordering::Relaxed) || !plain {
            if last {
                // The lock is not let go; making ready orders.
                self.nobody_waits();
            }
            if plain {
                // SAFETY: the slot of a plain waiter is its cell, in place until
                // it is made ready.
                unsafe { waiter.as_ref().slot().cast::<bool>().write(true) };
            }
            Place::Next
        } else {
            self.word.leave_to_next(last);
            Place::Tail
        };
        // SAFETY: popped, hence won; the queue's lock is held.
        let waker = unsafe { Waiter::settle(waiter, Outcome::Done) };
        drop(queue);
        waker.wake(place);
    }
}

impl Drop for RawMutex {
    #[inline]
    fn drop(&mut self) {
        probe::gone(self.address(), size_of::<RawMutex>());
    }
}
