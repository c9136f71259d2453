//! Anything a select can wait for as a future, for async code.
//!
//! A task waits by a waiter with a claim, as a select of one arm does, but not on a stack:
//!
//! ```text
//!   future: arm  ----> Node (counted: the future, and whoever will tell it)
//!                        Listener   told instead of a goroutine being made ready
//!                        Claim      won by who serves the arm, or backed out of by a future that is dropped
//!                        Waiter     enlisted by the arm
//!                        told       whom to wake, or that it has happened
//! ```
//!
//! Invariants:
//! - The arm is enlisted exactly while there is a node.
//! - A node whose claim was won will be told; whoever tells it has a count of its own.

use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::ptr::NonNull;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};

use gorge_base::probe::{self, Op};
use gorge_sched::{Listener, Task};

use super::selectable::Selectable;
use crate::wait::{Claim, Told, Waiter};

/// A future that does what `arm` does, when it can: a lock that is taken, a process that ends, a descriptor
/// that becomes readable, in async code.
///
/// It may be dropped at any time. An arm that happened and was not told yet is undone: a lock is let go, the one whom
/// an event lets go is another. (For channels there are [`recv_async`](crate::chan::Receiver::recv_async) and
/// [`send_async`](crate::chan::Sender::send_async), by which no value is lost.)
///
/// # Examples
/// ```
/// use gorge::{future::{block_on, when}, sync::{Mutex, Semaphore}};
///
/// let places = Semaphore::new(2);
/// block_on(async {
///     let one = when(places.acquiring(1)).await;
///     let other = when(places.acquiring(1)).await;
///     drop((one, other));
/// });
/// ```
pub fn when<S: Selectable>(arm: S) -> When<S> {
    When { arm: Some(arm), node: None, _pinned: std::marker::PhantomPinned }
}

/// The future made by [`when`].
///
/// # Examples
/// ```
/// use gorge::{future::{FutureExt, When, when}, sync::Mutex};
///
/// let lock = Mutex::new(7);
/// let future: When<_> = when(lock.locking());
/// assert_eq!(*future.wait(), 7);
/// ```
#[must_use = "futures do nothing unless polled"]
pub struct When<S: Selectable> {
    /// `None` once it has happened. Pinned: a waiter may point into it.
    arm: Option<S>,
    node: Option<Arc<Node>>,
    _pinned: std::marker::PhantomPinned,
}

#[repr(C)] // `listener` first: its address is the node's
struct Node {
    listener: Listener,
    claim: Claim,
    waiter: Waiter,
    told: Told,
}

// SAFETY: the waiter is used under the lock of the arm's queue, or by the owner after it was told.
unsafe impl Send for Node {}
// SAFETY: as above.
unsafe impl Sync for Node {}

impl Node {
    fn new(cx: &Context<'_>) -> Arc<Node> {
        let waker = cx.waker().clone();
        Arc::new_cyclic(|this: &Weak<Node>| {
            let node = this.as_ptr();
            let listener = NonNull::new(node.cast_mut().cast()).expect("an address");
            // SAFETY: the node stays until it is told; see `enlist`. The claim lies in the same allocation as the
            // waiter; only its address is taken here.
            let (task, claim) = unsafe { (Task::listener(listener), &raw const (*node).claim) };
            Node {
                listener: Listener::new(tell),
                claim: Claim::new(false),
                waiter: Waiter::with_claim(task, claim),
                told: Told::not_yet(waker),
            }
        })
    }

    fn waiter(&self) -> NonNull<Waiter> {
        NonNull::from(&self.waiter)
    }

    /// To the race detector it is somebody who waits, started by who polls: whoever serves it meets it.
    fn tell_waits(&self) {
        probe::starts(self.waiter.task().address(), false, Location::caller());
    }

    /// The owner knows from now on what those knew who have served it.
    fn tell_waited(&self) {
        if probe::order() {
            let who = self.waiter.task().address();
            probe::ends(who);
            probe::acquire(who);
            probe::gone(who, 1);
        }
    }
}

/// The waiter was served: runs where a goroutine would be made ready.
///
/// # Safety
/// `listener` is that of a node with a count for this, and this is the one time.
unsafe fn tell(listener: NonNull<Listener>) {
    // SAFETY: the listener is the node's first field; the count was made in `enlist`.
    let node = unsafe { Arc::from_raw(listener.cast::<Node>().as_ptr().cast_const()) };
    let waker = node.told.tell();
    drop(node);
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl<S: Selectable> When<S> {
    /// The output, if the arm can happen now; otherwise it is enlisted.
    fn try_or_enlist(&mut self, cx: &Context<'_>) -> Option<S::Output> {
        let arm = self.arm.as_mut().expect("a future that is polled after it has finished");
        loop {
            if let Some(output) = arm.try_now() {
                return Some(output);
            }
            let node = Node::new(cx);
            node.tell_waits();
            // The count of whoever will tell it.
            std::mem::forget(node.clone());
            // SAFETY: the waiter is new; arm (pinned) and node stay until `complete` or `withdraw`.
            if unsafe { arm.enlist(node.waiter()) } {
                self.node = Some(node);
                return None;
            }
            node.tell_waited();
            // Possible after all. SAFETY: nobody knows the node, so nobody will spend that count.
            unsafe { Arc::decrement_strong_count(Arc::as_ptr(&node)) };
        }
    }
}

impl<S: Selectable> Future for When<S> {
    type Output = S::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<S::Output> {
        // SAFETY: nothing is moved out of it but by `take`, when the arm is not enlisted.
        let this = unsafe { self.get_unchecked_mut() };
        probe::point(Op::Select, 0, Location::caller());
        if let Some(node) = &this.node {
            std::task::ready!(node.told.poll(cx));
            let node = this.node.take().expect("just seen");
            node.tell_waited();
            let arm = this.arm.as_mut().expect("it is enlisted");
            if !arm.is_false_alarm() {
                // SAFETY: it was made ready, and it is no false alarm.
                let output = unsafe { arm.complete(node.waiter()) };
                this.arm = None;
                return Poll::Ready(output);
            }
        }
        match this.try_or_enlist(cx) {
            Some(output) => {
                this.arm = None;
                Poll::Ready(output)
            }
            None => Poll::Pending,
        }
    }
}

impl<S: Selectable> Drop for When<S> {
    fn drop(&mut self) {
        let (Some(node), Some(arm)) = (self.node.take(), &mut self.arm) else { return };
        if node.claim.back_out() {
            node.tell_waited();
            // SAFETY: enlisted; nobody has won it or will, so the second count is ours.
            unsafe {
                arm.withdraw(node.waiter());
                Arc::decrement_strong_count(Arc::as_ptr(&node));
            }
            return;
        }
        // Somebody has won it and is about to say so.
        node.told.await_teller();
        node.tell_waited();
        if !arm.is_false_alarm() {
            // SAFETY: it was made ready, and it is no false alarm.
            unsafe { arm.undo(node.waiter()) };
        }
    }
}

impl<S: Selectable> fmt::Debug for When<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("When").field("waits", &self.node.is_some()).finish_non_exhaustive()
    }
}
