//! The channel itself: who gets which value.
//!
//! Promise: a value is moved once, straight from the sender to the receiver or
//! through one place of the buffer; waiters are served in the order of arrival;
//! nothing is dropped twice or forgotten.
//!
//! ```text
//!                 receiver waits        room              full / unbuffered
//!   send          into its slot         into the buffer   wait; a receiver fetches it
//!
//!                 buffer not empty      sender waits      nobody
//!   receive       from the buffer;      from its slot     wait; a sender puts it
//!                 first sender's value
//!                 takes the place
//! ```
//!
//! [`Locked`] is the channel with its lock held: what may be done only under
//! the lock is a method of it. None of them wakes anybody; they return a
//! [`Waker`], to be spent after the lock is released.
//!
//! Why only one lock, and why no lock-free buffer: with values that go straight
//! into a waiter's slot, closing, and select, the state is not one word. Two
//! locked instructions for a send and a receive are as few as the best
//! lock-free queues need, and here they also wake, close and select.

use std::fmt;
use std::marker::PhantomData;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ops::Deref;
use std::panic::Location;
use std::ptr::NonNull;

use gorge_sched::{Parking, Place, WaitReason};

use super::line::Line;
use crate::wait::{Held, Outcome, Waiter, Waker};

/// A channel of `T`, behind its handles.
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct Core<T> {
    pub(super) line: Line,
    values: PhantomData<*mut T>,
}

// SAFETY: values of T move between threads, and no reference to one is shared.
unsafe impl<T: Send> Send for Core<T> {}
// SAFETY: as above; the lock serialises the rest.
unsafe impl<T: Send> Sync for Core<T> {}

/// What became of an attempt to send.
#[derive(Debug)]
#[must_use]
pub(super) enum Put {
    /// The value was moved out of its place: into a receiver's slot, or into the buffer.
    Moved(Waker),
    Full,
    Closed,
}

/// What became of an attempt to receive.
#[derive(Debug)]
#[must_use]
pub(super) enum Take {
    /// A value was moved into the place given.
    Moved(Waker),
    Empty,
    /// Closed, and nothing is left.
    Closed,
}

/// A channel whose lock is held by this value.
#[derive(Debug)]
#[must_use]
pub(super) struct Locked<'a, T> {
    core: &'a Core<T>,
    _held: Held<'a>,
}

impl<T> Deref for Locked<'_, T> {
    type Target = Line;

    #[inline(always)]
    fn deref(&self) -> &Line {
        &self.core.line
    }
}

impl<T> Locked<'_, T> {
    #[inline(always)]
    fn place(&self, index: usize) -> *mut T {
        // SAFETY: indices come from `Line`, which keeps them below `cap`.
        unsafe { self.buffer.cast::<T>().add(index) }
    }

    /// Moves the value at `from` to whoever is to have it, if that is possible
    /// now.
    ///
    /// # Safety
    /// `from` holds a value of `T`, which is the channel's once `Moved` is returned.
    #[inline(always)]
    pub(super) unsafe fn put(&mut self, from: *const T) -> Put {
        if self.is_closed() {
            return Put::Closed;
        }
        // SAFETY: the lock is held; a waiting receiver's slot has room for a
        // T; the value is moved to exactly one place.
        unsafe {
            if let Some(receiver) = self.receivers.pop() {
                receiver.as_ref().slot().cast::<T>().copy_from_nonoverlapping(from, 1);
                return Put::Moved(Waiter::settle(receiver, Outcome::Done));
            }
            if self.len() < self.cap() {
                let end = self.grow();
                self.place(end).copy_from_nonoverlapping(from, 1);
                return Put::Moved(Waker::NOBODY);
            }
        }
        Put::Full
    }

    /// Moves the value that is next to `into`, if there is one.
    ///
    /// # Safety
    /// `into` has room for a `T`; it holds one once `Moved` is returned.
    #[inline(always)]
    pub(super) unsafe fn take(&mut self, into: *mut T) -> Take {
        // SAFETY: the lock is held; places at the front hold a value; a
        // waiting sender's slot holds one, and each is moved to one place.
        unsafe {
            if self.len() != 0 {
                let Some(sender) = self.senders.pop() else {
                    let front = self.shrink();
                    into.copy_from_nonoverlapping(self.place(front), 1);
                    return Take::Moved(Waker::NOBODY);
                };
                // Full: the first sender's value takes the place that is free now.
                let front = self.advance();
                into.copy_from_nonoverlapping(self.place(front), 1);
                let value = sender.as_ref().slot().cast::<T>();
                self.place(front).copy_from_nonoverlapping(value, 1);
                return Take::Moved(Waiter::settle(sender, Outcome::Done));
            }
            if let Some(sender) = self.senders.pop() {
                let value = sender.as_ref().slot().cast::<T>();
                into.copy_from_nonoverlapping(value, 1);
                return Take::Moved(Waiter::settle(sender, Outcome::Done));
            }
        }
        if self.is_closed() { Take::Closed } else { Take::Empty }
    }
}

impl<T> Core<T> {
    pub(super) fn with_line(line: Line) -> Self {
        Core { line, values: PhantomData }
    }

    /// How a handle called `name` shows itself.
    pub(super) fn describe(
        this: Option<&Self>,
        name: &str,
        f: &mut fmt::Formatter<'_>,
    ) -> fmt::Result {
        let Some(core) = this else { return write!(f, "{name}(nil)") };
        f.debug_struct(name)
            .field("channel", &(&raw const *core))
            .field("len", &core.line.len())
            .field("cap", &core.line.cap())
            .field("closed", &core.line.is_closed())
            .finish()
    }

    #[inline(always)]
    pub(super) fn lock(&self) -> Locked<'_, T> {
        Locked { core: self, _held: self.line.lock.lock() }
    }

    /// Sends `value`, waiting until it is taken or fits into the buffer. Gives
    /// it back when the channel is closed.
    #[inline(always)]
    pub(super) fn send(&self, value: T, at: &'static Location<'static>) -> Result<(), T> {
        // From here on the value belongs to nobody but this slot; every path
        // below either moved it away or takes it back.
        let mut value = ManuallyDrop::new(value);
        let slot = &raw mut *value;
        loop {
            let mut channel = self.lock();
            // SAFETY: the slot holds the value.
            match unsafe { channel.put(slot) } {
                Put::Moved(waker) => {
                    drop(channel);
                    waker.wake(Place::Next);
                    return Ok(());
                }
                Put::Closed => {
                    drop(channel);
                    // SAFETY: nobody took it.
                    return Err(unsafe { ManuallyDrop::take(&mut value) });
                }
                Put::Full => {}
            }
            let Some(parking) = Parking::try_begin() else {
                drop(channel);
                Parking::recover();
                continue;
            };
            let waiter = Waiter::plain(parking.task(), slot.cast());
            // SAFETY: the lock is held; waiter and value stay in place until
            // `park` returns, which is after the waiter was settled.
            unsafe {
                channel.senders.push(NonNull::from(&waiter));
                drop(channel);
                parking.park(WaitReason::ChanSend, at);
            }
            return match waiter.outcome() {
                Outcome::Done => Ok(()),
                // SAFETY: a close leaves the value where it is.
                _ => Err(unsafe { ManuallyDrop::take(&mut value) }),
            };
        }
    }

    /// Receives a value, waiting for one; `None` when the channel is closed
    /// and nothing is left.
    #[inline(always)]
    pub(super) fn receive(&self, at: &'static Location<'static>) -> Option<T> {
        let mut slot = MaybeUninit::<T>::uninit();
        loop {
            let mut channel = self.lock();
            // SAFETY: the slot has room, and holds a value when one was moved.
            match unsafe { channel.take(slot.as_mut_ptr()) } {
                Take::Moved(waker) => {
                    drop(channel);
                    waker.wake(Place::Next);
                    // SAFETY: a value was moved there.
                    return Some(unsafe { slot.assume_init() });
                }
                Take::Closed => return None,
                Take::Empty => {}
            }
            let Some(parking) = Parking::try_begin() else {
                drop(channel);
                Parking::recover();
                continue;
            };
            let waiter = Waiter::plain(parking.task(), slot.as_mut_ptr().cast());
            // SAFETY: as in `send`.
            unsafe {
                channel.receivers.push(NonNull::from(&waiter));
                drop(channel);
                parking.park(WaitReason::ChanReceive, at);
            }
            return match waiter.outcome() {
                // SAFETY: a sender filled the slot.
                Outcome::Done => Some(unsafe { slot.assume_init() }),
                _ => None,
            };
        }
    }

    /// Sends `value` if that is possible at once: else gives it back, with
    /// whether the channel is closed.
    #[inline(always)]
    pub(super) fn try_send(&self, value: T) -> Result<(), (T, bool)> {
        if !self.line.may_send() {
            return Err((value, false));
        }
        let mut value = ManuallyDrop::new(value);
        let mut channel = self.lock();
        // SAFETY: `value` holds the value.
        let closed = match unsafe { channel.put(&raw const *value) } {
            Put::Moved(waker) => {
                drop(channel);
                waker.wake(Place::Next);
                return Ok(());
            }
            Put::Full => false,
            Put::Closed => true,
        };
        drop(channel);
        // SAFETY: nobody took it.
        Err((unsafe { ManuallyDrop::take(&mut value) }, closed))
    }

    /// Receives a value if there is one: else says whether the channel is closed.
    #[inline(always)]
    pub(super) fn try_receive(&self) -> Result<T, bool> {
        if !self.line.may_receive() {
            return Err(false);
        }
        let mut slot = MaybeUninit::<T>::uninit();
        let mut channel = self.lock();
        // SAFETY: the slot has room, and holds a value when one was moved.
        match unsafe { channel.take(slot.as_mut_ptr()) } {
            Take::Moved(waker) => {
                drop(channel);
                waker.wake(Place::Next);
                // SAFETY: a value was moved there.
                Ok(unsafe { slot.assume_init() })
            }
            Take::Closed => Err(true),
            Take::Empty => Err(false),
        }
    }
}
