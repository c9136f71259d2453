//! Receiving as a future.

use std::fmt;
use std::mem::MaybeUninit;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use gorge_base::probe::{self, Op};
use gorge_sched::Place;

use super::kept::give_back;
use super::node::Node;
use crate::chan::core::Core;
use crate::chan::error::RecvError;
use crate::chan::locked::Take;
use crate::chan::receiver::Receiver;
use crate::wait::Outcome;

/// A receive that goes on from poll to poll, for whoever has a [`Receiver`] beside it. It must be ended
/// with the same receiver.
#[derive(Debug)]
#[doc(hidden)]
pub struct Receiving<T> {
    /// There while it waits in the channel's queue.
    node: Option<Arc<Node<T>>>,
}

impl<T> Receiving<T> {
    /// Not waiting.
    #[must_use]
    pub const fn new() -> Self {
        Receiving { node: None }
    }

    /// Receives from `receiver`.
    pub fn poll(&mut self, receiver: &Receiver<T>, cx: &Context<'_>) -> Poll<Result<T, RecvError>> {
        let Some(core) = receiver.core() else { return Poll::Pending };
        probe::point(Op::Receive, core.address(), Location::caller());
        self.poll_core(core, cx).map(|value| value.ok_or(RecvError))
    }

    /// Leaves the queue.
    pub fn end(&mut self, receiver: &Receiver<T>) {
        let (Some(node), Some(core)) = (self.node.take(), receiver.core()) else { return };
        node.check(core);
        probe::point(Op::Withdraw, core.address(), Location::caller());
        let mut channel = core.lock();
        node.tell_waited();
        // Under the lock the outcome is known, told or not.
        match node.outcome() {
            Outcome::Waiting => {
                // SAFETY: the lock is held, and it was linked in this queue.
                unsafe {
                    channel.receivers.withdraw(node.waiter());
                    drop(channel);
                    Node::forget(&node);
                }
            }
            Outcome::Closed => {}
            // SAFETY: it was served, and this is the owner: the value is in the slot.
            Outcome::Done => unsafe {
                let (waker, value) = give_back(&mut channel, node.slot());
                drop(channel);
                waker.wake(Place::Next);
                drop(value);
            },
        }
    }

    fn poll_core(&mut self, core: &Core<T>, cx: &Context<'_>) -> Poll<Option<T>> {
        if let Some(node) = &self.node {
            std::task::ready!(node.poll_told(cx));
            let node = self.node.take().expect("just seen");
            node.tell_waited();
            return Poll::Ready(match node.outcome() {
                // SAFETY: a value was moved there, and is fetched once.
                Outcome::Done => Some(unsafe { node.slot().read() }),
                _ => None,
            });
        }
        if core.line.may_receive() {
            match core.take_now() {
                Ok(value) => return Poll::Ready(Some(value)),
                Err(true) => return Poll::Ready(None),
                Err(false) => {}
            }
        }
        let node = Node::new(core, MaybeUninit::uninit(), cx);
        let mut channel = core.lock();
        // SAFETY: the slot has room; the node stays until it is told or withdrawn.
        match unsafe { channel.take(node.slot()) } {
            Take::Moved(waker) => {
                drop(channel);
                waker.wake(Place::Next);
                // SAFETY: a value was moved there.
                Poll::Ready(Some(unsafe { node.slot().read() }))
            }
            Take::Closed => Poll::Ready(None),
            Take::Empty => {
                // SAFETY: as above; the lock is held.
                unsafe { channel.receivers.push(Node::enlist(&node)) };
                drop(channel);
                self.node = Some(node);
                Poll::Pending
            }
        }
    }
}

impl<T> Default for Receiving<T> {
    fn default() -> Self {
        Receiving::new()
    }
}

/// Receiving a value, as a future: see [`Receiver::recv_async`].
#[must_use = "futures do nothing unless polled"]
pub struct RecvFuture<'a, T> {
    receiver: &'a Receiver<T>,
    receiving: Receiving<T>,
}

impl<T> Receiver<T> {
    /// Receives a value, in async code.
    ///
    /// The future may be dropped at any time: it leaves the queue, and a value that was just handed to
    /// it goes to who is next, in its old place. (If the channel was closed in between, those who
    /// waited then have been told of the end already, and who receives next gets the value.)
    ///
    /// # Blocking
    /// The task waits while the channel is empty, in the same queue as goroutines and threads.
    ///
    /// # Errors
    /// When the channel is empty and closed.
    ///
    /// # Examples
    /// ```
    /// use gorge::{channel, future::block_on, go};
    ///
    /// let (tx, rx) = channel(0);
    /// go(move || tx.send("from a goroutine").unwrap()).detach();
    /// block_on(async {
    ///     assert_eq!(rx.recv_async().await, Ok("from a goroutine"));
    ///     assert!(rx.recv_async().await.is_err(), "closed");
    /// });
    /// ```
    pub fn recv_async(&self) -> RecvFuture<'_, T> {
        RecvFuture { receiver: self, receiving: Receiving::new() }
    }
}

// No value is pinned.
impl<T> Unpin for RecvFuture<'_, T> {}

impl<T> Future for RecvFuture<'_, T> {
    type Output = Result<T, RecvError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let receiver = self.receiver;
        self.receiving.poll(receiver, cx)
    }
}

impl<T> Drop for RecvFuture<'_, T> {
    fn drop(&mut self) {
        self.receiving.end(self.receiver);
    }
}

impl<T> fmt::Debug for RecvFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecvFuture").field("receiver", &self.receiver).finish_non_exhaustive()
    }
}
