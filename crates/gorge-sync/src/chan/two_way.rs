//! The two-way handle, shaped like Go's `chan T`.
//!
//! Promise: every operation of Go's table of channel states, with its result
//! and its panic, word for word.
//!
//! | | nil | open, not empty | open, empty | full | closed |
//! |---|---|---|---|---|---|
//! | receive | waits for ever | the value | waits | the value | what is left, then the zero value, `false` |
//! | send | waits for ever | (if not full) done | done, or waits if unbuffered | waits | panics |
//! | close | panics | done; what is left can be received | done | done | panics |
//!
//! Invariant: a two-way handle counts as a sender *and* as a receiver. So as
//! long as one exists the channel is closed only by hand, as in Go; when the
//! last is gone, the one-way handles close it as usual.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::ptr::NonNull;

use gorge_base::probe::{self, Op};
use gorge_sched::WaitReason;

use super::core::Core;
use super::error::{TryRecvError, panic_send_on_closed};
use super::receiver::Receiver;
use super::sender::Sender;
use crate::select::block_for_ever;

/// A channel as Go has it: one handle for both directions, with Go's panics.
///
/// For new code take [`channel`](super::channel), whose two ends close
/// themselves and give errors; this is for programs that are ported from Go,
/// and for channels that many both send on and receive from.
///
/// Two handles are equal when they are handles of the same channel.
///
/// # Examples
/// ```
/// use gorge::Chan;
///
/// let c = Chan::new(1);
/// c.send(7);
/// assert_eq!(c.recv_ok(), (7, true));
/// c.close();
/// assert_eq!(c.recv_ok(), (0, false));
/// ```
pub struct Chan<T> {
    /// `None`: the nil channel.
    core: Option<NonNull<Core<T>>>,
}

// SAFETY: a handle is a counted pointer to a core that is Sync.
unsafe impl<T: Send> Send for Chan<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Chan<T> {}
impl<T> UnwindSafe for Chan<T> {}
impl<T> RefUnwindSafe for Chan<T> {}

impl<T> Chan<T> {
    /// A channel with room for `cap` values; with 0, sender and receiver meet.
    ///
    /// # Panics
    /// `makechan: size out of range` when no buffer can be so large.
    #[must_use]
    #[track_caller]
    pub fn new(cap: usize) -> Self {
        Chan { core: Some(Core::make(cap)) }
    }

    /// The channel, at which somebody is about to look.
    #[inline(always)]
    fn looks(&self, at: &'static Location<'static>) -> Option<&Core<T>> {
        let core = self.core();
        probe::point(Op::Load, core.map_or(0, Core::address), at);
        core
    }

    #[inline(always)]
    pub(super) fn core(&self) -> Option<&Core<T>> {
        // SAFETY: alive while this handle is counted.
        self.core.map(|core| unsafe { core.as_ref() })
    }

    /// The nil channel: sending and receiving wait for ever, closing panics,
    /// and its arms of a select never happen.
    ///
    /// # Examples
    /// ```
    /// use gorge::{Chan, select};
    ///
    /// let c = Chan::<i32>::nil();
    /// assert!(c.is_nil());
    /// select! {
    ///     recv(c) -> _ => panic!("a nil channel is never ready"),
    ///     default => {}
    /// }
    /// ```
    #[must_use]
    pub const fn nil() -> Self {
        Chan { core: None }
    }

    /// Whether this is the nil channel.
    #[must_use]
    pub const fn is_nil(&self) -> bool {
        self.core.is_none()
    }

    /// Sends a value: Go's `c <- v`.
    ///
    /// # Blocking
    /// As [`Sender::send`].
    ///
    /// # Panics
    /// `send on closed channel` when the channel is closed, now or while waiting.
    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    pub fn send(&self, value: T) {
        match self.core() {
            Some(core) => {
                if core.send(value, Location::caller()).is_err() {
                    panic_send_on_closed();
                }
            }
            None => block_for_ever(WaitReason::ChanSendNil, Location::caller()),
        }
    }

    /// Receives a value: Go's `<-c`. Once the channel is closed and empty it
    /// gives the zero value (`T::default()`), at once and again and again.
    ///
    /// # Blocking
    /// As [`Receiver::recv`].
    ///
    /// # Examples
    /// ```
    /// let c = gorge::Chan::new(1);
    /// c.send(7);
    /// assert_eq!(c.recv(), 7);
    /// c.close();
    /// assert_eq!(c.recv(), 0); // at once, again and again
    /// ```
    #[inline]
    #[track_caller]
    pub fn recv(&self) -> T
    where
        T: Default,
    {
        self.receive().unwrap_or_default()
    }

    /// Receives a value: Go's `v, ok := <-c`. The second is false when the
    /// first is the zero value because the channel is closed and empty.
    ///
    /// # Blocking
    /// As [`Receiver::recv`].
    ///
    /// # Examples
    /// ```
    /// let c = gorge::Chan::new(1);
    /// c.send(5);
    /// c.close();
    /// assert_eq!(c.recv_ok(), (5, true));
    /// assert_eq!(c.recv_ok(), (0, false)); // closed: the zero value
    /// ```
    #[inline]
    #[track_caller]
    pub fn recv_ok(&self) -> (T, bool)
    where
        T: Default,
    {
        match self.receive() {
            Some(value) => (value, true),
            None => (T::default(), false),
        }
    }

    /// Receives a value; `None` when the channel is closed and empty. For
    /// values without a zero.
    ///
    /// # Blocking
    /// As [`Receiver::recv`].
    ///
    /// # Examples
    /// ```
    /// struct NoDefault(i32);
    ///
    /// let c = gorge::Chan::new(1);
    /// c.send(NoDefault(7));
    /// c.close();
    /// assert_eq!(c.receive().map(|value| value.0), Some(7));
    /// assert!(c.receive().is_none()); // closed
    /// ```
    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    pub fn receive(&self) -> Option<T> {
        match self.core() {
            Some(core) => core.receive(Location::caller()),
            None => block_for_ever(WaitReason::ChanReceiveNil, Location::caller()),
        }
    }

    /// Receives a value if there is one: Go's select with one case and a default.
    ///
    /// # Errors
    /// As [`Receiver::try_recv`].
    ///
    /// # Examples
    /// ```
    /// let c = gorge::Chan::new(1);
    /// assert!(c.try_recv().unwrap_err().is_empty());
    /// c.send(7);
    /// assert_eq!(c.try_recv(), Ok(7));
    /// ```
    #[inline]
    #[track_caller]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        let Some(core) = self.core() else { return Err(TryRecvError::Empty) };
        core.try_receive(Location::caller()).map_err(|closed| match closed {
            true => TryRecvError::Closed,
            false => TryRecvError::Empty,
        })
    }

    /// Sends a value if that is possible at once, else gives it back: Go's
    /// select with one case and a default.
    ///
    /// # Panics
    /// `send on closed channel` when the channel is closed.
    ///
    /// # Errors
    /// The value, when there is no room and nobody waits for it, or the channel is nil.
    ///
    /// # Examples
    /// ```
    /// let c = gorge::Chan::new(1);
    /// assert_eq!(c.try_send(1), Ok(()));
    /// assert_eq!(c.try_send(2), Err(2)); // no room: the value comes back
    /// ```
    #[inline]
    #[track_caller]
    pub fn try_send(&self, value: T) -> Result<(), T> {
        let Some(core) = self.core() else { return Err(value) };
        match core.try_send(value, Location::caller()) {
            Ok(()) => Ok(()),
            Err((value, false)) => Err(value),
            Err((_, true)) => panic_send_on_closed(),
        }
    }

    /// Closes the channel: Go's `close(c)`. What is in the buffer can still be
    /// received.
    ///
    /// # Panics
    /// `close of nil channel`, and `close of closed channel`.
    #[track_caller]
    pub fn close(&self) {
        match self.core() {
            None => panic!("close of nil channel"),
            Some(core) if !core.close(Location::caller()) => panic!("close of closed channel"),
            Some(_) => {}
        }
    }

    /// Whether the channel is closed. There may still be values to receive.
    ///
    /// # Examples
    /// ```
    /// let c = gorge::Chan::new(2);
    /// assert!(c.is_empty() && !c.is_closed());
    /// c.send(1);
    /// assert_eq!((c.len(), c.cap()), (1, 2));
    /// c.close();
    /// assert!(c.is_closed());
    /// assert_eq!(c.len(), 1); // it can still be received
    /// ```
    #[track_caller]
    pub fn is_closed(&self) -> bool {
        let core = self.looks(Location::caller());
        core.is_some_and(|core| core.line.is_closed() && !core.line.seen_closed())
    }

    /// How many values are in the buffer: Go's `len(c)`.
    #[track_caller]
    pub fn len(&self) -> usize {
        self.looks(Location::caller()).map_or(0, |core| core.line.len() as usize)
    }

    /// Whether no value is in the buffer.
    #[track_caller]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many values fit into the buffer: Go's `cap(c)`.
    pub fn cap(&self) -> usize {
        self.core().map_or(0, |core| core.line.cap() as usize)
    }

    /// Another handle, for sending only: Go's conversion to `chan<- T`.
    ///
    /// # Examples
    /// ```
    /// use gorge::{Chan, go};
    ///
    /// let c = Chan::new(0);
    /// let (tx, rx) = (c.sender(), c.receiver()); // one direction each; `c` stays
    /// go(move || tx.send(7));
    /// assert_eq!(rx.recv(), Ok(7));
    /// c.close();
    /// assert!(rx.recv().is_err());
    /// ```
    #[must_use]
    pub fn sender(&self) -> Sender<T> {
        if let Some(core) = self.core() {
            core.add_sender();
        }
        Sender::from_counted(self.core)
    }

    /// Another handle, for receiving only: Go's conversion to `<-chan T`.
    #[must_use]
    pub fn receiver(&self) -> Receiver<T> {
        if let Some(core) = self.core() {
            core.add_receiver();
        }
        Receiver::from_counted(self.core)
    }

    /// Splits this handle into its two directions.
    ///
    /// # Examples
    /// ```
    /// use gorge::{Chan, go};
    ///
    /// let (tx, rx) = Chan::new(0).split();
    /// go(move || (1..=3).try_for_each(|n| tx.send(n)));
    /// assert_eq!(rx.iter().sum::<i32>(), 6); // closed by the end of the only sender
    /// ```
    #[must_use]
    pub fn split(self) -> (Sender<T>, Receiver<T>) {
        // The handle counts on both sides; each end takes over one count.
        let core = std::mem::ManuallyDrop::new(self).core;
        (Sender::from_counted(core), Receiver::from_counted(core))
    }
}

impl<T> Clone for Chan<T> {
    #[inline]
    fn clone(&self) -> Self {
        if let Some(core) = self.core() {
            core.add_sender();
            core.add_receiver();
        }
        Chan { core: self.core }
    }
}

impl<T> Drop for Chan<T> {
    #[inline]
    fn drop(&mut self) {
        // Each end gives back its count, in this order: the values are dropped
        // by the receivers' side.
        drop((Sender::from_counted(self.core), Receiver::from_counted(self.core)));
    }
}

impl<T> Default for Chan<T> {
    /// The nil channel: Go's zero value.
    fn default() -> Self {
        Chan::nil()
    }
}

impl<T> PartialEq for Chan<T> {
    fn eq(&self, other: &Self) -> bool {
        self.core == other.core
    }
}

impl<T> Eq for Chan<T> {}

impl<T> Hash for Chan<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.core.hash(state);
    }
}

impl<T> From<Chan<T>> for Sender<T> {
    fn from(channel: Chan<T>) -> Self {
        channel.split().0
    }
}

impl<T> From<Chan<T>> for Receiver<T> {
    fn from(channel: Chan<T>) -> Self {
        channel.split().1
    }
}

impl<T> From<&Chan<T>> for Sender<T> {
    fn from(channel: &Chan<T>) -> Self {
        channel.sender()
    }
}

impl<T> From<&Chan<T>> for Receiver<T> {
    fn from(channel: &Chan<T>) -> Self {
        channel.receiver()
    }
}

impl<T> fmt::Debug for Chan<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Core::describe(self.core(), "Chan", f)
    }
}
