//! Sending as a future.

use std::fmt;
use std::mem::MaybeUninit;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use gorge_base::probe::{self, Op};
use gorge_sched::Place;

use super::node::Node;
use crate::chan::core::Core;
use crate::chan::error::SendError;
use crate::chan::locked::Put;
use crate::chan::sender::Sender;
use crate::wait::Outcome;

/// A send that goes on from poll to poll, for whoever has a [`Sender`] beside it. It must be ended with
/// the same sender.
#[derive(Debug)]
#[doc(hidden)]
pub struct Sending<T> {
    state: State<T>,
}

#[derive(Debug)]
enum State<T> {
    /// Nothing is to be sent.
    Idle,
    /// It has not been tried yet.
    New(T),
    /// It waits in the channel's queue; the value is in the node's slot.
    Waits(Arc<Node<T>>),
}

impl<T> Sending<T> {
    /// Nothing is to be sent.
    #[must_use]
    pub const fn nothing() -> Self {
        Sending { state: State::Idle }
    }

    /// `value` is to be sent, as soon as it is polled.
    #[must_use]
    pub const fn new(value: T) -> Self {
        Sending { state: State::New(value) }
    }

    /// Whether nothing is to be sent (any more).
    #[must_use]
    pub const fn is_idle(&self) -> bool {
        matches!(self.state, State::Idle)
    }

    /// Sends to `sender`; at once ready when there is nothing to send.
    pub fn poll(&mut self, sender: &Sender<T>, cx: &Context<'_>) -> Poll<Result<(), SendError<T>>> {
        let Some(core) = sender.core() else {
            return if self.is_idle() { Poll::Ready(Ok(())) } else { Poll::Pending };
        };
        if let State::Waits(node) = &self.state {
            probe::point(Op::Send, core.address(), Location::caller());
            std::task::ready!(node.poll_told(cx));
        }
        match std::mem::replace(&mut self.state, State::Idle) {
            State::Idle => Poll::Ready(Ok(())),
            State::New(value) => self.begin(core, value, cx),
            State::Waits(node) => {
                node.tell_waited();
                Poll::Ready(match node.outcome() {
                    Outcome::Done => Ok(()),
                    // SAFETY: nobody fetched it, and nobody will.
                    _ => Err(SendError(unsafe { node.slot().read() })),
                })
            }
        }
    }

    /// Leaves the queue. The value is dropped unless it was sent.
    pub fn end(&mut self, sender: &Sender<T>) {
        let State::Waits(node) = std::mem::replace(&mut self.state, State::Idle) else { return };
        let Some(core) = sender.core() else { return };
        node.check(core);
        probe::point(Op::Withdraw, core.address(), Location::caller());
        let channel = core.lock();
        node.tell_waited();
        // Under the lock the outcome is known, told or not.
        let outcome = node.outcome();
        if outcome == Outcome::Waiting {
            // SAFETY: the lock is held, and it was linked in this queue.
            unsafe { channel.senders.withdraw(node.waiter()) };
        }
        drop(channel);
        // SAFETY: taken out above; a value that was not fetched is still ours.
        unsafe {
            if outcome == Outcome::Waiting {
                Node::forget(&node);
            }
            if outcome != Outcome::Done {
                node.slot().drop_in_place();
            }
        }
    }

    fn begin(
        &mut self,
        core: &Core<T>,
        value: T,
        cx: &Context<'_>,
    ) -> Poll<Result<(), SendError<T>>> {
        let value = match core.try_send(value, Location::caller()) {
            Ok(()) => return Poll::Ready(Ok(())),
            Err((value, true)) => return Poll::Ready(Err(SendError(value))),
            Err((value, false)) => value,
        };
        let node = Node::new(core, MaybeUninit::new(value), cx);
        let mut channel = core.lock();
        // SAFETY: the slot holds the value; the node stays until it is told or withdrawn.
        match unsafe { channel.put(node.slot()) } {
            Put::Moved(waker) => {
                drop(channel);
                waker.wake(Place::Next);
                Poll::Ready(Ok(()))
            }
            Put::Closed => {
                drop(channel);
                // SAFETY: nobody fetched it.
                Poll::Ready(Err(SendError(unsafe { node.slot().read() })))
            }
            Put::Full => {
                // SAFETY: as above; the lock is held.
                unsafe { channel.senders.push(Node::enlist(&node)) };
                drop(channel);
                self.state = State::Waits(node);
                Poll::Pending
            }
        }
    }
}

/// Sending a value, as a future: see [`Sender::send_async`].
#[must_use = "futures do nothing unless polled"]
pub struct SendFuture<'a, T> {
    sender: &'a Sender<T>,
    sending: Sending<T>,
}

impl<T> Sender<T> {
    /// Sends a value, in async code.
    ///
    /// The future may be dropped at any time: it leaves the queue, and the value is dropped with it unless
    /// somebody has received it.
    ///
    /// # Blocking
    /// The task waits while the buffer is full, or until a receiver takes the value, in the same queue as
    /// goroutines and threads.
    ///
    /// # Errors
    /// When the channel is closed, now or while waiting; the error holds the value.
    ///
    /// # Examples
    /// ```
    /// use gorge::{channel, future::block_on, go};
    ///
    /// let (tx, rx) = channel(0);
    /// let receiver = go(move || rx.recv().unwrap());
    /// block_on(tx.send_async("to a goroutine")).unwrap();
    /// assert_eq!(receiver.join().unwrap(), "to a goroutine");
    /// ```
    pub fn send_async(&self, value: T) -> SendFuture<'_, T> {
        SendFuture { sender: self, sending: Sending::new(value) }
    }
}

// No value is pinned.
impl<T> Unpin for SendFuture<'_, T> {}

impl<T> Future for SendFuture<'_, T> {
    type Output = Result<(), SendError<T>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let sender = self.sender;
        self.sending.poll(sender, cx)
    }
}

impl<T> Drop for SendFuture<'_, T> {
    fn drop(&mut self) {
        self.sending.end(self.sender);
    }
}

impl<T> fmt::Debug for SendFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendFuture").field("sender", &self.sender).finish_non_exhaustive()
    }
}
