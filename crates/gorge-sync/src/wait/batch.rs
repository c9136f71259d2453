//! Several who were served under one lock, to be woken after it.
//!
//! Invariant: a waiter in a batch was won and is linked nowhere else; it stays
//! in place until it is made ready, which is the batch's to do.

use std::ptr::NonNull;

use gorge_sched::{Place, Task};

use super::queue::Queue;
use super::waiter::{Outcome, Waiter, Waker};

/// Waiters that were won, in order.
#[derive(Debug)]
#[must_use = "somebody waits to be woken"]
pub(crate) struct Batch {
    won: Queue,
}

impl Batch {
    pub(crate) fn new() -> Self {
        Batch { won: Queue::new() }
    }

    /// Takes a waiter over from the queue that it was popped from.
    ///
    /// # Safety
    /// The caller has just popped it, and won it.
    pub(crate) unsafe fn push(&self, waiter: NonNull<Waiter>) {
        // SAFETY: it is in no other queue, and alive until it is made ready.
        unsafe { self.won.push(waiter) }
    }

    /// Takes all of `queue` that can be won; tells how many.
    ///
    /// # Safety
    /// The lock of `queue` is held.
    pub(crate) unsafe fn take_all(&self, queue: &Queue) -> u32 {
        let mut count = 0;
        // SAFETY: the lock is held; a popped waiter was won.
        unsafe {
            while let Some(waiter) = queue.pop() {
                self.push(waiter);
                count += 1;
            }
        }
        count
    }

    /// Makes them ready, in order. The lock they were served under must have
    /// been released.
    pub(crate) fn wake(self, place: Place) {
        self.wakers(|waker| waker.wake(place));
    }

    /// Gives them to `wake` in order, who must make each ready, once.
    pub(crate) fn wake_with(self, mut wake: impl FnMut(Task)) {
        self.wakers(|waker| waker.task().into_iter().for_each(&mut wake));
    }

    fn wakers(self, mut each: impl FnMut(Waker)) {
        // SAFETY: the queue is our own; a won waiter is alive until it is made
        // ready, and unlinked before.
        unsafe {
            while let Some(waiter) = self.won.pop_won() {
                each(Waiter::settle(waiter, Outcome::Done));
            }
        }
    }
}
