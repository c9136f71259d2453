//! The receiving end.

use std::fmt;
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::ptr::NonNull;
use std::time::Duration;

use gorge_base::probe::{self, Op};
use gorge_sched::WaitReason;

use super::arm::RecvArm;
use super::core::Core;
use super::error::{RecvError, RecvTimeoutError, TryRecvError};
use crate::select::{self, block_for_ever};
use crate::time::instant::Instant;

/// The receiving end of a channel. Cloning it gives another receiver for the
/// same channel: each value goes to one of them. When the last is dropped,
/// sending fails, and what is in the buffer is dropped.
///
/// All methods work from goroutines and from plain OS threads.
///
/// # Compared with Go
/// A `<-chan T`. The end of the channel is an error instead of a zero value
/// with `ok == false`; [`Chan`](super::Chan) has Go's forms.
pub struct Receiver<T> {
    /// `None`: the nil channel.
    core: Option<NonNull<Core<T>>>,
}

// SAFETY: a handle is a counted pointer to a core that is Sync.
unsafe impl<T: Send> Send for Receiver<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Receiver<T> {}
impl<T> UnwindSafe for Receiver<T> {}
impl<T> RefUnwindSafe for Receiver<T> {}

impl<T> Receiver<T> {
    /// Takes over one of the receivers' count.
    #[inline]
    pub(super) fn from_counted(core: Option<NonNull<Core<T>>>) -> Self {
        Receiver { core }
    }

    /// Takes over the count of one receiver that an [`Owned`](super::Owned)
    /// begins with.
    ///
    /// # Safety
    /// `core` is the first field of an `Owned`, the pointer is derived from the
    /// whole of it, and the `Owned` lives until its `free` is called.
    pub(crate) unsafe fn from_owned(core: NonNull<Core<T>>) -> Self {
        Receiver::from_counted(Some(core))
    }

    /// The pointer given to [`Receiver::from_owned`].
    pub(crate) fn core_ptr(&self) -> NonNull<Core<T>> {
        self.core.expect("not the nil channel")
    }

    #[inline(always)]
    pub(super) fn core(&self) -> Option<&Core<T>> {
        // SAFETY: alive while this handle is counted.
        self.core.map(|core| unsafe { core.as_ref() })
    }

    /// The receiving end of the nil channel: nothing ever comes, and an arm of
    /// a select that receives from it never happens.
    ///
    /// # Examples
    /// ```
    /// use gorge::{Receiver, select};
    ///
    /// let nobody = Receiver::<i32>::nil();
    /// select! {
    ///     recv(nobody) => unreachable!("this never happens"),
    ///     default => {}
    /// }
    /// ```
    #[must_use]
    pub const fn nil() -> Self {
        Receiver { core: None }
    }

    /// Whether this is the nil channel.
    ///
    /// # Examples
    /// ```
    /// use gorge::{Receiver, channel};
    ///
    /// let (_tx, rx) = channel::<i32>(0);
    /// assert!(Receiver::<i32>::nil().is_nil() && !rx.is_nil());
    /// ```
    #[must_use]
    pub const fn is_nil(&self) -> bool {
        self.core.is_none()
    }

    /// Receives a value.
    ///
    /// # Blocking
    /// Waits while the channel is empty. Woken by a sender or by closing, in
    /// the order of arrival. A dump shows `[chan receive]`, and
    /// `[chan receive (nil chan)]` on the nil channel, where it waits for ever.
    ///
    /// # Errors
    /// When the channel is empty and closed.
    ///
    /// # Examples
    /// ```
    /// let (tx, rx) = gorge::channel(2);
    /// tx.send(1).unwrap();
    /// tx.send(2).unwrap();
    /// drop(tx); // the last sender: this closes the channel
    /// assert_eq!(rx.recv(), Ok(1));
    /// assert_eq!(rx.recv(), Ok(2));
    /// assert!(rx.recv().is_err());
    /// ```
    #[cfg_attr(debug_assertions, inline)]
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[track_caller]
    pub fn recv(&self) -> Result<T, RecvError> {
        match self.core() {
            Some(core) => core.receive(Location::caller()).ok_or(RecvError),
            None => block_for_ever(WaitReason::ChanReceiveNil, Location::caller()),
        }
    }

    /// Receives a value if there is one.
    ///
    /// # Errors
    /// [`TryRecvError::Empty`] when there is none (always for the nil channel),
    /// [`TryRecvError::Closed`] when there will never be one.
    ///
    /// # Examples
    /// ```
    /// let (tx, rx) = gorge::channel(1);
    /// assert!(rx.try_recv().unwrap_err().is_empty());
    /// tx.send(7).unwrap();
    /// assert_eq!(rx.try_recv(), Ok(7));
    /// drop(tx);
    /// assert!(rx.try_recv().unwrap_err().is_closed());
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

    /// Receives a value, waiting at most `timeout`.
    ///
    /// # Blocking
    /// As [`recv`](Receiver::recv), or until the time is up.
    ///
    /// # Errors
    /// When the time is up, or the channel is empty and closed.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// let (tx, rx) = gorge::channel(1);
    /// assert!(rx.recv_timeout(Duration::from_millis(1)).unwrap_err().is_timeout());
    /// tx.send(7).unwrap();
    /// assert_eq!(rx.recv_timeout(Duration::from_secs(60)), Ok(7));
    /// ```
    #[inline]
    #[track_caller]
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        match self.try_recv() {
            Ok(value) => Ok(value),
            Err(TryRecvError::Closed) => Err(RecvTimeoutError::Closed),
            Err(TryRecvError::Empty) => self.recv_deadline(Instant::now() + timeout),
        }
    }

    /// Receives a value, waiting until `deadline` at the latest.
    ///
    /// # Blocking
    /// As [`recv`](Receiver::recv), or until the deadline.
    ///
    /// # Errors
    /// When the deadline has passed, or the channel is empty and closed.
    ///
    /// # Examples
    /// ```
    /// use gorge::time;
    /// use std::time::Duration;
    ///
    /// let (_tx, rx) = gorge::channel::<i32>(0);
    /// let both = time::now() + Duration::from_millis(2);
    /// assert!(rx.recv_deadline(both).is_err());
    /// assert!(rx.recv_deadline(both).is_err()); // at once: the moment is over
    /// ```
    #[track_caller]
    pub fn recv_deadline(&self, deadline: Instant) -> Result<T, RecvTimeoutError> {
        let arm = RecvArm::new(self.core());
        probe::point(Op::Receive, self.core().map_or(0, Core::address), Location::caller());
        match select::one_until(arm, deadline, Location::caller()) {
            Ok(received) => received.map_err(RecvTimeoutError::from),
            Err(_) => Err(RecvTimeoutError::Timeout),
        }
    }

    /// Whether the channel is closed. There may still be values to receive.
    #[track_caller]
    pub fn is_closed(&self) -> bool {
        let core = self.looks(Location::caller());
        core.is_some_and(|core| core.line.is_closed() && !core.line.seen_closed())
    }

    /// How many values are in the buffer.
    ///
    /// # Examples
    /// ```
    /// let (tx, rx) = gorge::channel(10);
    /// tx.send('a').unwrap();
    /// tx.send('b').unwrap();
    /// assert_eq!((rx.len(), rx.capacity()), (2, 10));
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
    /// let ((_a, one), (_b, other)) = (gorge::channel::<i32>(0), gorge::channel::<i32>(0));
    /// assert!(one.same_channel(&one.clone()) && !one.same_channel(&other));
    /// ```
    pub fn same_channel(&self, other: &Receiver<T>) -> bool {
        self.core == other.core
    }
}

impl<T> Clone for Receiver<T> {
    #[inline]
    fn clone(&self) -> Self {
        if let Some(core) = self.core() {
            core.add_receiver();
        }
        Receiver { core: self.core }
    }
}

impl<T> Drop for Receiver<T> {
    #[inline]
    fn drop(&mut self) {
        if let Some(core) = self.core {
            // SAFETY: this handle is one of the count.
            unsafe { Core::drop_receiver(core) };
        }
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Core::describe(self.core(), "Receiver", f)
    }
}
