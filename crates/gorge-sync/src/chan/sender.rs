//! The sending end.

use std::fmt;
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::ptr::NonNull;
use std::time::Duration;

use gorge_base::probe::{self, Op};
use gorge_sched::WaitReason;

use super::arm::SendArm;
use super::core::Core;
use super::error::{SendError, SendTimeoutError, TrySendError};
use crate::select::{self, block_for_ever};
use crate::time::instant::Instant;

/// The sending end of a channel. Cloning it gives another sender for the same
/// channel; when the last is dropped the channel is closed.
///
/// All methods work from goroutines and from plain OS threads.
///
/// # Compared with Go
/// A `chan<- T`. Where Go panics ("send on closed channel"), sending gives an
/// error that holds the value; [`Chan`](super::Chan) panics as Go does.
pub struct Sender<T> {
    /// `None`: the nil channel.
    core: Option<NonNull<Core<T>>>,
}

// SAFETY: a handle is a counted pointer to a core that is Sync.
unsafe impl<T: Send> Send for Sender<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Sender<T> {}
impl<T> UnwindSafe for Sender<T> {}
impl<T> RefUnwindSafe for Sender<T> {}

impl<T> Sender<T> {
    /// Takes over one of the senders' count.
    #[inline]
    pub(super) fn from_counted(core: Option<NonNull<Core<T>>>) -> Self {
        Sender { core }
    }

    #[inline(always)]
    pub(super) fn core(&self) -> Option<&Core<T>> {
        // SAFETY: alive while this handle is counted.
        self.core.map(|core| unsafe { core.as_ref() })
    }

    /// The sending end of the nil channel: sending on it never succeeds, and an
    /// arm of a select that sends on it never happens.
    ///
    /// # Examples
    /// ```
    /// use gorge::{Sender, select};
    ///
    /// let nobody = Sender::nil();
    /// select! {
    ///     send(nobody, 1) => unreachable!("this never happens"),
    ///     default => {}
    /// }
    /// ```
    #[must_use]
    pub const fn nil() -> Self {
        Sender { core: None }
    }

    /// Whether this is the nil channel.
    ///
    /// # Examples
    /// ```
    /// use gorge::{Sender, channel};
    ///
    /// let (tx, _rx) = channel::<i32>(0);
    /// assert!(Sender::<i32>::nil().is_nil() && !tx.is_nil());
    /// ```
    #[must_use]
    pub const fn is_nil(&self) -> bool {
        self.core.is_none()
    }

    /// Sends a value.
    ///
    /// # Blocking
    /// Waits while the buffer is full; on an unbuffered channel until a
    /// receiver takes the value. Woken by a receiver or by closing, in the
    /// order of arrival. A dump shows `[chan send]`, and `[chan send (nil chan)]`
    /// on the nil channel, where it waits for ever.
    ///
    /// # Errors
    /// When the channel is closed, now or while waiting; the error holds the value.
    ///
    /// # Examples
    /// ```
    /// let (tx, rx) = gorge::channel(1);
    /// tx.send("hello").unwrap();
    /// assert_eq!(rx.recv(), Ok("hello"));
    /// drop(rx);
    /// assert_eq!(tx.send("anybody?").unwrap_err().into_inner(), "anybody?");
    /// ```
    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        match self.core() {
            Some(core) => core.send(value, Location::caller()).map_err(SendError),
            None => block_for_ever(WaitReason::ChanSendNil, Location::caller()),
        }
    }

    /// Sends a value if that is possible at once.
    ///
    /// # Errors
    /// [`TrySendError::Full`] when there is neither room nor a waiting receiver
    /// (always for the nil channel), [`TrySendError::Closed`] when the channel
    /// is closed. Both hold the value.
    ///
    /// # Examples
    /// ```
    /// use gorge::channel;
    ///
    /// let (tx, rx) = channel(1);
    /// tx.try_send("first").unwrap();
    /// let refused = tx.try_send("second").unwrap_err();
    /// assert!(refused.is_full());
    /// assert_eq!(refused.into_inner(), "second"); // the value comes back
    /// drop(rx);
    /// assert!(tx.try_send("third").unwrap_err().is_closed());
    /// ```
    #[inline]
    #[track_caller]
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        let Some(core) = self.core() else { return Err(TrySendError::Full(value)) };
        core.try_send(value, Location::caller()).map_err(|(value, closed)| match closed {
            true => TrySendError::Closed(value),
            false => TrySendError::Full(value),
        })
    }

    /// Sends a value, waiting at most `timeout`.
    ///
    /// # Blocking
    /// As [`send`](Sender::send), or until the time is up.
    ///
    /// # Errors
    /// When the time is up or the channel is closed; the error holds the value.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// let (tx, _rx) = gorge::channel(0);
    /// let late = tx.send_timeout("late", Duration::from_millis(1)).unwrap_err();
    /// assert!(late.is_timeout());
    /// assert_eq!(late.into_inner(), "late");
    /// ```
    #[inline]
    #[track_caller]
    pub fn send_timeout(&self, value: T, timeout: Duration) -> Result<(), SendTimeoutError<T>> {
        match self.try_send(value) {
            Ok(()) => Ok(()),
            Err(TrySendError::Closed(value)) => Err(SendTimeoutError::Closed(value)),
            Err(TrySendError::Full(value)) => self.send_deadline(value, Instant::now() + timeout),
        }
    }

    /// Sends a value, waiting until `deadline` at the latest.
    ///
    /// # Blocking
    /// As [`send`](Sender::send), or until the deadline.
    ///
    /// # Errors
    /// When the deadline has passed or the channel is closed; the error holds
    /// the value.
    ///
    /// # Examples
    /// ```
    /// use gorge::time;
    /// use std::time::Duration;
    ///
    /// let (tx, _rx) = gorge::channel(1);
    /// let both = time::now() + Duration::from_millis(2);
    /// assert!(tx.send_deadline(1, both).is_ok());
    /// assert!(tx.send_deadline(2, both).unwrap_err().is_timeout()); // full
    /// ```
    #[track_caller]
    pub fn send_deadline(&self, value: T, deadline: Instant) -> Result<(), SendTimeoutError<T>> {
        let arm = SendArm::new(self.core(), value, false);
        probe::point(Op::Send, self.core().map_or(0, Core::address), Location::caller());
        match select::one_until(arm, deadline, Location::caller()) {
            Ok(sent) => sent.map_err(|SendError(value)| SendTimeoutError::Closed(value)),
            Err(arm) => {
                let value = arm.into_value().expect("it was not sent");
                Err(SendTimeoutError::Timeout(value))
            }
        }
    }

    /// Closes the channel: later sends fail, receivers get what is still in
    /// the buffer and then errors, and everybody who waits goes on. False if
    /// it was closed already (or is nil).
    ///
    /// # Examples
    /// ```
    /// let (tx, rx) = gorge::channel(2);
    /// tx.send(1).unwrap();
    /// tx.close();
    /// assert_eq!(rx.recv(), Ok(1)); // what was sent can still be received
    /// assert!(rx.recv().is_err());
    /// assert!(tx.send(2).is_err());
    /// ```
    #[track_caller]
    pub fn close(&self) -> bool {
        self.core().is_some_and(|core| core.close(Location::caller()))
    }

    /// Whether the channel is closed: by [`close`](Sender::close), or because
    /// all receivers are gone.
    #[track_caller]
    pub fn is_closed(&self) -> bool {
        let core = self.looks(Location::caller());
        core.is_some_and(|core| core.line.is_closed() && !core.line.seen_closed())
    }

    /// How many values are in the buffer.
    ///
    /// # Examples
    /// ```
    /// let (tx, _rx) = gorge::channel(2);
    /// assert!(tx.is_empty());
    /// tx.send(1).unwrap();
    /// assert_eq!((tx.len(), tx.capacity()), (1, 2));
    /// ```
    #[track_caller]
    pub fn len(&self) -> usize {
        self.looks(Location::caller()).map_or(0, |core| core.line.len() as usize)
    }

    /// Whether no value is in the buffer.
    #[track_caller]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many values fit into the buffer; 0 for an unbuffered channel.
    pub fn capacity(&self) -> usize {
        self.core().map_or(0, |core| core.line.cap() as usize)
    }

    /// The channel, at which somebody is about to look.
    #[inline(always)]
    fn looks(&self, at: &'static Location<'static>) -> Option<&Core<T>> {
        let core = self.core();
        probe::point(Op::Load, core.map_or(0, Core::address), at);
        core
    }

    /// Whether both are ends of the same channel. Two nil channels are the same.
    ///
    /// # Examples
    /// ```
    /// let ((one, _a), (other, _b)) = (gorge::channel::<i32>(0), gorge::channel::<i32>(0));
    /// assert!(one.same_channel(&one.clone()) && !one.same_channel(&other));
    /// ```
    pub fn same_channel(&self, other: &Sender<T>) -> bool {
        self.core == other.core
    }
}

impl<T> Clone for Sender<T> {
    #[inline]
    fn clone(&self) -> Self {
        if let Some(core) = self.core() {
            core.add_sender();
        }
        Sender { core: self.core }
    }
}

impl<T> Drop for Sender<T> {
    #[inline]
    fn drop(&mut self) {
        if let Some(core) = self.core {
            // SAFETY: this handle is one of the count.
            unsafe { Core::drop_sender(core) };
        }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Core::describe(self.core(), "Sender", f)
    }
}
