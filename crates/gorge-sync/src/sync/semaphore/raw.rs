//! The count, the queue, and who goes next.
//!
//! Promise: strictly first in, first out. Who asks for many is not passed by
//! those who ask for few, even while there is enough for them.
//!
//! ```text
//!   state   | permits that nobody holds | QUEUED |
//! ```
//!
//! Invariants (whenever the queue's lock is free):
//! - `QUEUED` is set exactly while somebody is in the queue. Then permits are
//!   given out under the lock only.
//! - The first in the queue asks for more than there is.

use std::panic::Location;
use std::ptr::NonNull;

use gorge_base::probe::{self, Hold, Op};
use gorge_base::sync::atomic::{AtomicUsize, Ordering};
use gorge_base::sync::hint;
use gorge_sched::Place;

use crate::wait::{Batch, Held, Lock, Queue, Waiter};

const QUEUED: usize = 1;
const ONE: usize = 2;

/// How often a newcomer looks whether there are enough by now, before it queues up. Whoever has
/// queued up is handed its permits by a switch, and so are all who come after it meanwhile.
const LOOKS: u32 = if cfg!(loom) { 0 } else { 8 };

/// The most permits that there can be.
pub(super) const MOST: usize = usize::MAX / ONE;

#[derive(Debug)]
pub(super) struct RawSemaphore {
    state: AtomicUsize,
    size: usize,
    lock: Lock,
    queue: Queue,
}

// SAFETY: the queue is used under `lock` only.
unsafe impl Send for RawSemaphore {}
// SAFETY: as above.
unsafe impl Sync for RawSemaphore {}

impl RawSemaphore {
    const_unless_loom! {
        pub(super) const fn new(size: usize) -> Self {
            assert!(size <= MOST, "semaphore: too many permits");
            RawSemaphore {
                state: AtomicUsize::new(size * ONE),
                size,
                lock: Lock::new(),
                queue: Queue::new(),
            }
        }
    }

    /// By what tools know it.
    #[inline(always)]
    pub(super) fn address(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }

    /// Tells that the caller has `n` permits since just now.
    #[inline(always)]
    pub(super) fn tell_acquired(&self, n: usize, at: &'static Location<'static>) {
        if probe::any() {
            probe::acquire(self.address());
            probe::holds(self.address(), Hold::Permits(n), at);
        }
    }

    /// Tells that a holder of `n` permits will give them back at once.
    #[inline(always)]
    pub(super) fn tell_let_go(&self, n: usize) {
        probe::lets_go(self.address(), Hold::Permits(n));
    }

    /// Tells that the caller waits for `n` permits.
    #[inline(always)]
    pub(super) fn tell_waits(&self, n: usize, at: &'static Location<'static>) {
        probe::waits_for_permits(self.address(), n, self.size, at);
    }

    /// Tells that somebody else may give back what the caller has.
    #[inline(always)]
    pub(super) fn tell_travels(&self) {
        probe::travels(self.address());
    }

    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// The permits that nobody holds.
    pub(super) fn free(&self) -> usize {
        self.state.load(Ordering::Relaxed) / ONE
    }

    /// Whether `n` could be acquired now.
    #[inline]
    pub(super) fn may_acquire(&self, n: usize) -> bool {
        enough(self.state.load(Ordering::Relaxed), n)
    }

    #[inline]
    pub(super) fn try_acquire(&self, n: usize) -> bool {
        let mut state = self.state.load(Ordering::Relaxed);
        while enough(state, n) {
            // Acquire: pairs with the release in `release`.
            match self.state.compare_exchange_weak(
                state,
                state - n * ONE,
                Ordering::Acquire,
                Ordering::Relaxed,
            ) {
                Ok(_) => return true,
                Err(now) => state = now,
            }
        }
        false
    }

    /// As [`try_acquire`](Self::try_acquire), but may fail for no other reason than that somebody else is at it
    /// at this moment.
    #[inline(always)]
    pub(super) fn acquire_at_once(&self, n: usize) -> bool {
        let state = self.state.load(Ordering::Relaxed);
        // Acquire: as in `try_acquire`.
        enough(state, n)
            && self
                .state
                .compare_exchange(state, state - n * ONE, Ordering::Acquire, Ordering::Relaxed)
                .is_ok()
    }

    /// Acquires `n`, if that becomes possible within a short time while nobody queues.
    pub(super) fn acquire_soon(&self, n: usize) -> bool {
        gorge_sched::rejoin();
        if self.try_acquire(n) {
            return true;
        }
        if !gorge_sched::others_run() {
            return false;
        }
        for look in 0..LOOKS {
            for _ in 0..1 << (look / 2) {
                hint::spin_loop();
            }
            if self.state.load(Ordering::Relaxed) & QUEUED != 0 {
                return false;
            }
            if self.try_acquire(n) {
                return true;
            }
        }
        false
    }

    /// Takes all that nobody holds, if nobody queues.
    pub(super) fn drain(&self) -> usize {
        loop {
            let free = self.free();
            if free == 0 || !self.may_acquire(free) {
                return 0;
            }
            if self.try_acquire(free) {
                return free;
            }
        }
    }

    /// Gives `n` permits back; false if so many were not held.
    #[inline]
    pub(super) fn release(&self, n: usize) -> bool {
        if probe::any() {
            probe::point(Op::Release, self.address(), Location::caller());
            probe::release_empty(self.address());
        }
        let mut state = self.state.load(Ordering::Relaxed);
        loop {
            if n > self.size - state / ONE {
                return false;
            }
            // Release: pairs with the acquire in `try_acquire`. Acquire: who
            // serves the queue passes on what all who released have done.
            match self.state.compare_exchange_weak(
                state,
                state + n * ONE,
                Ordering::AcqRel,
                Ordering::Relaxed,
            ) {
                Ok(_) => break,
                Err(now) => state = now,
            }
        }
        if state & QUEUED != 0 {
            self.released();
        }
        true
    }

    #[cold]
    fn released(&self) {
        self.serve(self.lock.lock());
    }

    /// Enlists a waiter whose slot is the number it asks for, unless it can
    /// have so many at once.
    ///
    /// # Safety
    /// As for [`Queue::push`]; the slot points to the number.
    pub(super) unsafe fn enlist(&self, waiter: NonNull<Waiter>, n: usize) -> bool {
        let _held = self.lock.lock();
        let mut state = self.state.load(Ordering::Relaxed);
        while state & QUEUED == 0 {
            if enough(state, n) {
                return false;
            }
            // Relaxed: a release that sees it takes the queue's lock, which orders.
            match self.state.compare_exchange(
                state,
                state | QUEUED,
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => break,
                Err(now) => state = now,
            }
        }
        // SAFETY: the lock is held; the rest is the caller's promise.
        unsafe { self.queue.push(waiter) };
        true
    }

    /// Takes a waiter out again; those behind it may have enough.
    ///
    /// # Safety
    /// As for [`Queue::withdraw`].
    pub(super) unsafe fn withdraw(&self, waiter: NonNull<Waiter>) {
        let held = self.lock.lock();
        // SAFETY: the lock is held; the rest is the caller's promise.
        unsafe { self.queue.withdraw(waiter) };
        self.serve(held);
    }

    /// Gives permits to those who are first, as far as they go.
    fn serve(&self, held: Held<'_>) {
        let served = Batch::new();
        loop {
            // Acquire: what those who released have done is passed on.
            let free = self.state.load(Ordering::Acquire) / ONE;
            // SAFETY: the lock is held; a waiter's slot is the number it asks
            // for, in place until it is made ready. While somebody queues, only
            // who has the lock takes permits, so there are as many still.
            unsafe {
                let Some(waiter) = self.queue.pop_if(|waiter| asked(waiter) <= free) else { break };
                self.state.fetch_sub(asked(waiter.as_ref()) * ONE, Ordering::Relaxed);
                served.push(waiter);
            }
        }
        if self.queue.is_empty() {
            // Release: as in `release`, whose permits go past the queue from here on.
            self.state.fetch_and(!QUEUED, Ordering::Release);
        }
        drop(held);
        served.wake(Place::Tail);
    }
}

impl Drop for RawSemaphore {
    #[inline]
    fn drop(&mut self) {
        probe::gone(self.address(), size_of::<RawSemaphore>());
    }
}

fn enough(state: usize, n: usize) -> bool {
    state & QUEUED == 0 && state / ONE >= n
}

/// What a waiter asks for.
///
/// # Safety
/// Its slot points to that number.
unsafe fn asked(waiter: &Waiter) -> usize {
    // SAFETY: as the caller says.
    unsafe { waiter.slot().cast::<usize>().read() }
}
