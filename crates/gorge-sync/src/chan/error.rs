//! What can go wrong with a channel operation.
//!
//! Promise: an error of sending gives the value back; every error says in one
//! noun phrase what was tried on what. The names follow `std::sync::mpsc`, except
//! that a channel here is *closed* (which may be done by hand), not disconnected.

use std::error::Error;
use std::fmt;

/// A value could not be sent, because the channel is closed.
///
/// # Examples
/// ```
/// let (tx, rx) = gorge::channel(0);
/// drop(rx);
/// let error = tx.send("a letter").unwrap_err();
/// assert_eq!(error.to_string(), "sending on a closed channel");
/// assert_eq!(error.into_inner(), "a letter");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SendError<T>(pub T);

/// A value could not be sent at once.
///
/// # Examples
/// ```
/// use gorge::{TrySendError, channel};
///
/// let (tx, rx) = channel(1);
/// tx.send(1).unwrap();
/// let error = tx.try_send(2).unwrap_err();
/// assert!(error.is_full() && !error.is_closed());
/// drop(rx);
/// let error = tx.try_send(error.into_inner()).unwrap_err();
/// assert_eq!(error, TrySendError::Closed(2));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum TrySendError<T> {
    /// There is no room, or for an unbuffered channel no waiting receiver.
    Full(T),
    /// The channel is closed.
    Closed(T),
}

/// A value could not be sent in time.
///
/// # Examples
/// ```
/// use std::time::Duration;
///
/// let (tx, rx) = gorge::channel(0);
/// let error = tx.send_timeout(1, Duration::from_millis(1)).unwrap_err();
/// assert!(error.is_timeout() && !error.is_closed());
/// drop(rx);
/// let error = tx.send_timeout(error.into_inner(), Duration::from_millis(1)).unwrap_err();
/// assert!(error.is_closed());
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SendTimeoutError<T> {
    /// Nobody took it in time.
    Timeout(T),
    /// The channel is closed.
    Closed(T),
}

/// There is nothing to receive and never will be: the channel is empty and closed.
///
/// # Examples
/// ```
/// use gorge::{RecvError, channel};
///
/// let (tx, rx) = channel::<i32>(0);
/// drop(tx);
/// assert_eq!(rx.recv(), Err(RecvError));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecvError;

/// There was nothing to receive at once.
///
/// # Examples
/// ```
/// let (tx, rx) = gorge::channel::<i32>(1);
/// assert!(rx.try_recv().unwrap_err().is_empty());
/// drop(tx);
/// assert!(rx.try_recv().unwrap_err().is_closed());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TryRecvError {
    /// The channel is empty, but not closed.
    Empty,
    /// The channel is empty and closed.
    Closed,
}

/// There was nothing to receive in time.
///
/// # Examples
/// ```
/// use std::time::Duration;
///
/// let (tx, rx) = gorge::channel::<i32>(1);
/// assert!(rx.recv_timeout(Duration::from_millis(1)).unwrap_err().is_timeout());
/// drop(tx);
/// assert!(rx.recv_timeout(Duration::from_millis(1)).unwrap_err().is_closed());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecvTimeoutError {
    /// Nothing came in time.
    Timeout,
    /// The channel is empty and closed.
    Closed,
}

impl<T> SendError<T> {
    /// The value that was not sent.
    #[inline]
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> TrySendError<T> {
    /// The value that was not sent.
    #[inline]
    pub fn into_inner(self) -> T {
        match self {
            TrySendError::Full(value) | TrySendError::Closed(value) => value,
        }
    }

    /// Whether the channel was full.
    pub fn is_full(&self) -> bool {
        matches!(self, TrySendError::Full(_))
    }

    /// Whether the channel was closed.
    pub fn is_closed(&self) -> bool {
        matches!(self, TrySendError::Closed(_))
    }
}

impl<T> SendTimeoutError<T> {
    /// The value that was not sent.
    #[inline]
    pub fn into_inner(self) -> T {
        match self {
            SendTimeoutError::Timeout(value) | SendTimeoutError::Closed(value) => value,
        }
    }

    /// Whether the time was up.
    pub fn is_timeout(&self) -> bool {
        matches!(self, SendTimeoutError::Timeout(_))
    }

    /// Whether the channel was closed.
    pub fn is_closed(&self) -> bool {
        matches!(self, SendTimeoutError::Closed(_))
    }
}

impl TryRecvError {
    /// Whether the channel was empty, but not closed.
    pub fn is_empty(&self) -> bool {
        matches!(self, TryRecvError::Empty)
    }

    /// Whether the channel was closed.
    pub fn is_closed(&self) -> bool {
        matches!(self, TryRecvError::Closed)
    }
}

impl RecvTimeoutError {
    /// Whether the time was up.
    pub fn is_timeout(&self) -> bool {
        matches!(self, RecvTimeoutError::Timeout)
    }

    /// Whether the channel was closed.
    pub fn is_closed(&self) -> bool {
        matches!(self, RecvTimeoutError::Closed)
    }
}

impl<T> From<SendError<T>> for TrySendError<T> {
    fn from(error: SendError<T>) -> Self {
        TrySendError::Closed(error.0)
    }
}

impl<T> From<SendError<T>> for SendTimeoutError<T> {
    fn from(error: SendError<T>) -> Self {
        SendTimeoutError::Closed(error.0)
    }
}

impl From<RecvError> for TryRecvError {
    fn from(_: RecvError) -> Self {
        TryRecvError::Closed
    }
}

impl From<RecvError> for RecvTimeoutError {
    fn from(_: RecvError) -> Self {
        RecvTimeoutError::Closed
    }
}

const SEND_CLOSED: &str = "sending on a closed channel";
const SEND_FULL: &str = "sending on a full channel";
const SEND_TIMEOUT: &str = "timeout while sending on a full channel";
const RECV_CLOSED: &str = "receiving on an empty and closed channel";
const RECV_EMPTY: &str = "receiving on an empty channel";
const RECV_TIMEOUT: &str = "timeout while receiving on an empty channel";

impl<T> fmt::Display for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SEND_CLOSED)
    }
}

impl<T> fmt::Display for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_full() { SEND_FULL } else { SEND_CLOSED })
    }
}

impl<T> fmt::Display for SendTimeoutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_timeout() { SEND_TIMEOUT } else { SEND_CLOSED })
    }
}

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(RECV_CLOSED)
    }
}

impl fmt::Display for TryRecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() { RECV_EMPTY } else { RECV_CLOSED })
    }
}

impl fmt::Display for RecvTimeoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_timeout() { RECV_TIMEOUT } else { RECV_CLOSED })
    }
}

// Without `T: Debug`: `unwrap` on a send must work for every value.

impl<T> fmt::Debug for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SendError(..)")
    }
}

impl<T> fmt::Debug for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_full() { "Full(..)" } else { "Closed(..)" })
    }
}

impl<T> fmt::Debug for SendTimeoutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_timeout() { "Timeout(..)" } else { "Closed(..)" })
    }
}

impl<T> Error for SendError<T> {}
impl<T> Error for TrySendError<T> {}
impl<T> Error for SendTimeoutError<T> {}
impl Error for RecvError {}
impl Error for TryRecvError {}
impl Error for RecvTimeoutError {}

/// What Go says; also said by a send arm of a select.
#[cold]
#[track_caller]
pub(super) fn panic_send_on_closed() -> ! {
    panic!("send on closed channel")
}
