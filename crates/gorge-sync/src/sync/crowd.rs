//! Those who wait for one condition: the queue of everything here that lets
//! go many at once (or one, and says which).
//!
//! ```text
//!   waiter   under the lock: must I wait? enter the queue. Outside: park.
//!   changer  change the condition (under the lock, or before it), take the
//!            lock, take those who may go out of the queue, release it, wake them
//! ```
//!
//! Invariant: whoever enters the queue has seen, under the lock, that it must
//! wait; so the changer, who takes the lock after the change, finds it there.

use std::ptr::NonNull;

use gorge_sched::{Place, Task};

use crate::wait::{Batch, Lock, Outcome, Queue, Waiter};

/// Those who wait for one condition.
#[derive(Debug)]
pub(super) struct Crowd<W = ()> {
    lock: Lock,
    /// What the condition is about, if it shall lie where the lock leaves room for it.
    pub(super) word: W,
    queue: Queue,
}

// SAFETY: the queue is used under `lock` only.
unsafe impl<W: Send> Send for Crowd<W> {}
// SAFETY: as above.
unsafe impl<W: Sync> Sync for Crowd<W> {}

impl Crowd {
    const_unless_loom! {
        pub(super) const fn new() -> Self {
            Crowd::with(())
        }
    }
}

impl<W> Crowd<W> {
    const_unless_loom! {
        pub(super) const fn with(word: W) -> Self {
            Crowd { lock: Lock::new(), word, queue: Queue::new() }
        }
    }

    /// Enlists a waiter if it must wait.
    ///
    /// # Safety
    /// As for [`Queue::push`].
    pub(super) unsafe fn enlist(
        &self,
        waiter: NonNull<Waiter>,
        must_wait: impl FnOnce() -> bool,
    ) -> bool {
        let _held = self.lock.lock();
        let must_wait = must_wait();
        if must_wait {
            // SAFETY: the lock is held; the rest is the caller's promise.
            unsafe { self.queue.push(waiter) };
        }
        must_wait
    }

    /// Takes a waiter out again.
    ///
    /// # Safety
    /// As for [`Queue::withdraw`].
    pub(super) unsafe fn withdraw(&self, waiter: NonNull<Waiter>) {
        let _held = self.lock.lock();
        // SAFETY: the lock is held; the rest is the caller's promise.
        unsafe { self.queue.withdraw(waiter) };
    }

    /// Lets all go, after `change` under the lock.
    pub(super) fn release_all(&self, change: impl FnOnce()) {
        self.take_all(change).wake(Place::Tail);
    }

    /// As [`release_all`](Self::release_all), for who makes ready in a way of his own.
    pub(super) fn release_all_to(&self, change: impl FnOnce(), wake: impl FnMut(Task)) {
        self.take_all(change).wake_with(wake);
    }

    /// All who wait, after `change` under the lock.
    fn take_all(&self, change: impl FnOnce()) -> Batch {
        let _held = self.lock.lock();
        change();
        let released = Batch::new();
        // SAFETY: the lock is held.
        unsafe { released.take_all(&self.queue) };
        released
    }

    /// Lets the first go; if nobody waits, does `otherwise` under the lock.
    pub(super) fn release_one(&self, otherwise: impl FnOnce()) {
        let held = self.lock.lock();
        // SAFETY: the lock is held, and who is popped was won.
        unsafe {
            let Some(waiter) = self.queue.pop() else { return otherwise() };
            let waker = Waiter::settle(waiter, Outcome::Done);
            drop(held);
            waker.wake(Place::Next);
        }
    }
}

/// Makes `$arm`, which borrows something that has a crowd, wait there until `$open`; then it goes on by `$pass`, and
/// who has left meanwhile does `$pass_on`.
macro_rules! crowd_arm {
    ($arm:ident, $open:ident, $pass:ident, $pass_on:ident, $reason:ident) => {
        // SAFETY: looking and enlisting happen under the crowd's lock, which also
        // serves and withdraws.
        unsafe impl $crate::select::Selectable for $arm<'_> {
            type Output = ();

            fn is_ready(&self) -> bool {
                self.0.$open()
            }

            fn try_now(&mut self) -> Option<()> {
                self.0.$pass().then_some(())
            }

            unsafe fn enlist(&mut self, waiter: std::ptr::NonNull<$crate::wait::Waiter>) -> bool {
                // SAFETY: as the caller says.
                unsafe { self.0.crowd.enlist(waiter, || !self.0.$open()) }
            }

            unsafe fn withdraw(&mut self, waiter: std::ptr::NonNull<$crate::wait::Waiter>) {
                // SAFETY: as the caller says.
                unsafe { self.0.crowd.withdraw(waiter) }
            }

            unsafe fn complete(&mut self, _: std::ptr::NonNull<$crate::wait::Waiter>) {
                self.0.tell_seen();
            }

            unsafe fn undo(&mut self, _: std::ptr::NonNull<$crate::wait::Waiter>) {
                self.0.$pass_on();
            }

            fn wait_reason(&self) -> gorge_sched::WaitReason {
                gorge_sched::WaitReason::$reason
            }
        }
    };
}
pub(super) use crowd_arm;
