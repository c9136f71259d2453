//! The ends of a channel as a stream and a sink.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::stream::{FusedStream, Stream};
use futures_sink::Sink;
use gorge_sync::chan::{Receiver, Receiving, SendError, Sender, Sending, TrySendError};

/// What comes out of a channel, as a stream for async code. See [`stream`].
///
/// # Examples
/// ```
/// use gorge::{channel, future::{RecvStream, stream}};
///
/// let (_tx, rx) = channel::<i32>(1);
/// let _numbers: RecvStream<i32> = stream(rx); // for whoever wants a `Stream`
/// ```
pub struct RecvStream<T> {
    receiver: Receiver<T>,
    receiving: Receiving<T>,
    ended: bool,
}

/// The values of a channel as a stream, which ends when the channel is closed and empty. It may be dropped at
/// any time: no value is lost while there is another receiver.
///
/// # Examples
/// ```
/// use futures_core::Stream;
/// use gorge::{channel, future::{block_on, stream}};
/// use std::{future::poll_fn, pin::Pin};
///
/// let (tx, rx) = channel(3);
/// (1..=3).for_each(|n| tx.send(n).unwrap());
/// drop(tx);
/// let mut numbers = stream(rx);
/// let mut sum = 0;
/// block_on(async {
///     while let Some(n) = poll_fn(|cx| Pin::new(&mut numbers).poll_next(cx)).await {
///         sum += n;
///     }
/// });
/// assert_eq!(sum, 6);
/// ```
pub fn stream<T>(receiver: Receiver<T>) -> RecvStream<T> {
    RecvStream { receiver, receiving: Receiving::new(), ended: false }
}

// No value is pinned.
impl<T> Unpin for RecvStream<T> {}

impl<T> Stream for RecvStream<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let this = &mut *self;
        if this.ended {
            return Poll::Ready(None);
        }
        let received = ready!(this.receiving.poll(&this.receiver, cx));
        this.ended = received.is_err();
        Poll::Ready(received.ok())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        if self.ended { (0, Some(0)) } else { (0, None) }
    }
}

impl<T> FusedStream for RecvStream<T> {
    fn is_terminated(&self) -> bool {
        self.ended
    }
}

impl<T> Drop for RecvStream<T> {
    fn drop(&mut self) {
        self.receiving.end(&self.receiver);
    }
}

impl<T> fmt::Debug for RecvStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecvStream").field("receiver", &self.receiver).finish_non_exhaustive()
    }
}

/// What goes into a channel, as a sink for async code. See [`sink`].
///
/// # Examples
/// ```
/// use gorge::{channel, future::{SendSink, sink}};
///
/// let (tx, _rx) = channel::<i32>(1);
/// let _numbers: SendSink<i32> = sink(tx); // for whoever wants a `Sink`
/// ```
pub struct SendSink<T> {
    /// `None` once it was closed.
    sender: Option<Sender<T>>,
    sending: Sending<T>,
}

/// The sending end of a channel as a sink. Flushing waits until the last value has been received or is in
/// the buffer; closing flushes and drops the sender. A value that is under way when the sink is dropped is
/// dropped with it.
///
/// # Examples
/// ```
/// use futures_sink::Sink;
/// use gorge::{channel, future::{block_on, sink}};
/// use std::{future::poll_fn, pin::Pin};
///
/// let (tx, rx) = channel(1);
/// let mut numbers = sink(tx);
/// block_on(async {
///     poll_fn(|cx| Pin::new(&mut numbers).poll_ready(cx)).await.unwrap();
///     Pin::new(&mut numbers).start_send(7).unwrap();
///     poll_fn(|cx| Pin::new(&mut numbers).poll_close(cx)).await.unwrap();
/// });
/// assert_eq!(rx.iter().collect::<Vec<_>>(), [7]);
/// ```
pub fn sink<T>(sender: Sender<T>) -> SendSink<T> {
    SendSink { sender: Some(sender), sending: Sending::nothing() }
}

// No value is pinned.
impl<T> Unpin for SendSink<T> {}

impl<T> Sink<T> for SendSink<T> {
    type Error = SendError<T>;

    fn poll_ready(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), SendError<T>>> {
        let this = &mut *self;
        match &this.sender {
            Some(sender) => this.sending.poll(sender, cx),
            None => Poll::Ready(Ok(())), // sending will fail, and give the value back
        }
    }

    fn start_send(mut self: Pin<&mut Self>, value: T) -> Result<(), SendError<T>> {
        assert!(self.sending.is_idle(), "start_send without poll_ready");
        let Some(sender) = &self.sender else { return Err(SendError(value)) };
        match sender.try_send(value) {
            Ok(()) => Ok(()),
            Err(TrySendError::Closed(value)) => Err(SendError(value)),
            Err(TrySendError::Full(value)) => {
                self.sending = Sending::new(value);
                Ok(())
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError<T>>> {
        self.poll_ready(cx)
    }

    fn poll_close(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), SendError<T>>> {
        let flushed = ready!(self.as_mut().poll_ready(cx));
        self.sender = None;
        Poll::Ready(flushed)
    }
}

impl<T> Drop for SendSink<T> {
    fn drop(&mut self) {
        if let Some(sender) = &self.sender {
            self.sending.end(sender);
        }
    }
}

impl<T> fmt::Debug for SendSink<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendSink").field("sender", &self.sender).finish_non_exhaustive()
    }
}
