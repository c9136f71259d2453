//! The channel itself: who gets which value.
//!
//! Promise: a value is moved once, straight from the sender to the receiver or
//! through one place of the buffer; waiters are served in the order of arrival;
//! nothing is dropped twice or forgotten.
//!
//! Blocking operations come in two halves: the short way, which finds room in the
//! buffer or a value there; and the rest, with the lock still held. Both are inlined
//! into the caller up to the switch of stacks (in a release build), which is about
//! 700 bytes for each call: a function that is to be returned from after a switch
//! costs a mispredicted return, and a rendezvous has two of them (47 ns there and
//! back, 70 if the rest is a call).
//!
//! ```text
//!   send    short way: into the buffer
//!           rest:      to a waiting receiver, else wait
//!                      until a receiver has fetched the value from our slot
//! ```
//!
//! Why only one lock, and why no lock-free buffer: with values that go straight
//! into a waiter's slot, closing, and select, the state is not one word. Two
//! locked instructions for a send and a receive are as few as the best
//! lock-free queues need, and here they also wake, close and select. (And
//! none is needed while one worker alone uses the channel.)

use std::fmt;
use std::marker::PhantomData;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::panic::Location;
use std::ptr::NonNull;

use gorge_base::probe::{self, Op};
use gorge_sched::{Parking, Place, WaitReason};

use super::line::Line;
use super::locked::{Locked, Put, Take};
use crate::wait::{Claim, Outcome, Waiter, undo};

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
        // SAFETY: the buffer was made for `T`.
        unsafe { Locked::new(&self.line) }
    }

    /// Sends `value`, waiting until it is taken or fits into the buffer. Gives
    /// it back when the channel is closed.
    #[inline(always)]
    pub(super) fn send(&self, value: T, at: &'static Location<'static>) -> Result<(), T> {
        if probe::any() {
            return self.send_told(value, at);
        }
        // From here on the value belongs to nobody but this slot; every path
        // below either moves it away or takes it back.
        let value = ManuallyDrop::new(value);
        let mut channel = self.lock();
        // SAFETY: the slot holds the value.
        if unsafe { channel.put_quick(&raw const *value) } {
            return Ok(());
        }
        // A slot of its own, so that above the value may stay in a register.
        let mut value = value;
        // SAFETY: as above.
        match unsafe { send_rest::<T, false>(channel, &raw mut *value, at) } {
            true => Ok(()),
            // SAFETY: nobody took it.
            false => Err(unsafe { ManuallyDrop::take(&mut value) }),
        }
    }

    /// Receives a value, waiting for one; `None` when the channel is closed
    /// and nothing is left.
    #[inline(always)]
    pub(super) fn receive(&self, at: &'static Location<'static>) -> Option<T> {
        if probe::any() {
            return self.receive_told(at);
        }
        let mut channel = self.lock();
        let mut quick = MaybeUninit::<T>::uninit();
        // SAFETY: there is room; if true, a value.
        if unsafe { channel.take_quick(quick.as_mut_ptr()) } {
            drop(channel);
            // SAFETY: a value was moved there.
            return Some(unsafe { quick.assume_init() });
        }
        // A slot of its own, as in `send`.
        let mut slot = MaybeUninit::<T>::uninit();
        // SAFETY: there is room; if true, a value.
        unsafe {
            receive_rest::<T, false>(channel, slot.as_mut_ptr(), at).then(|| slot.assume_init())
        }
    }

    /// By what tools know it.
    #[inline(always)]
    pub(super) fn address(&self) -> usize {
        self.line.address()
    }

    /// As [`send`](Core::send), with somebody listening.
    #[cold]
    #[inline(never)]
    fn send_told(&self, value: T, at: &'static Location<'static>) -> Result<(), T> {
        probe::point(Op::Send, self.address(), at);
        let mut value = ManuallyDrop::new(value);
        // SAFETY: as in `send`.
        let unsent = unsafe {
            match send_rest::<T, true>(self.lock(), &raw mut *value, at) {
                true => return Ok(()),
                false => ManuallyDrop::take(&mut value),
            }
        };
        gorge_sched::bubble::leave_if_over();
        Err(unsent)
    }

    /// As [`receive`](Core::receive), with somebody listening.
    #[cold]
    #[inline(never)]
    fn receive_told(&self, at: &'static Location<'static>) -> Option<T> {
        probe::point(Op::Receive, self.address(), at);
        let mut slot = MaybeUninit::<T>::uninit();
        // SAFETY: as in `receive`.
        if unsafe { receive_rest::<T, true>(self.lock(), slot.as_mut_ptr(), at) } {
            // SAFETY: there is a value.
            return Some(unsafe { slot.assume_init() });
        }
        gorge_sched::bubble::leave_if_over();
        None
    }

    /// Sends `value` if that is possible at once: else gives it back, with
    /// whether the channel is closed.
    #[inline(always)]
    pub(super) fn try_send(
        &self,
        value: T,
        at: &'static Location<'static>,
    ) -> Result<(), (T, bool)> {
        probe::point(Op::Send, self.address(), at);
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
    pub(super) fn try_receive(&self, at: &'static Location<'static>) -> Result<T, bool> {
        probe::point(Op::Receive, self.address(), at);
        if !self.line.may_receive() {
            return Err(false);
        }
        self.take_now()
    }

    /// Receives a value if there is one: else says whether the channel is closed.
    #[inline(always)]
    pub(super) fn take_now(&self) -> Result<T, bool> {
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

/// Sends the value in `slot`, waiting if need be; false when the channel is
/// closed, and the value still there.
///
/// # Safety
/// `slot` holds a value, which is the channel's when this returns true.
#[inline(always)]
unsafe fn send_rest<T, const TOLD: bool>(
    mut channel: Locked<'_, T>,
    slot: *mut T,
    at: &'static Location<'static>,
) -> bool {
    loop {
        // SAFETY: the slot holds the value.
        match unsafe { channel.put(slot) } {
            Put::Moved(waker) => {
                drop(channel);
                waker.wake(Place::Next);
                return true;
            }
            Put::Closed => return false,
            Put::Full => {}
        }
        let Some(parking) = Parking::try_begin() else {
            channel = channel.released_while(Parking::recover);
            continue;
        };
        if TOLD && undo::is_wanted() {
            // SAFETY: as the caller says.
            return unsafe { wait_undoably(channel, parking, Op::Send, slot, at) };
        }
        let line = channel.line();
        let waiter = Waiter::plain(parking.task(), slot.cast());
        // SAFETY: the lock is held; waiter and value stay in place until
        // `park` returns, which is after the waiter was settled.
        unsafe {
            channel.senders.push(NonNull::from(&waiter));
            if TOLD {
                line.tell_waits(Op::Send, at);
            }
            drop(channel);
            parking.park(WaitReason::ChanSend, at);
        }
        if TOLD {
            probe::goes_on(line.address());
        }
        // A close leaves the value where it is.
        return waiter.outcome() == Outcome::Done || line.seen_closed();
    }
}

/// Receives a value into `slot`, waiting if need be; false when the channel is
/// closed and nothing is left.
///
/// # Safety
/// `slot` has room for a value, and holds one when this returns true.
#[inline(always)]
unsafe fn receive_rest<T, const TOLD: bool>(
    mut channel: Locked<'_, T>,
    slot: *mut T,
    at: &'static Location<'static>,
) -> bool {
    loop {
        // SAFETY: the slot has room.
        match unsafe { channel.take(slot) } {
            Take::Moved(waker) => {
                drop(channel);
                waker.wake(Place::Next);
                return true;
            }
            Take::Closed => return false,
            Take::Empty => {}
        }
        let Some(parking) = Parking::try_begin() else {
            channel = channel.released_while(Parking::recover);
            continue;
        };
        if TOLD && undo::is_wanted() {
            // SAFETY: as the caller says.
            return unsafe { wait_undoably(channel, parking, Op::Receive, slot, at) };
        }
        let line = channel.line();
        let waiter = Waiter::plain(parking.task(), slot.cast());
        // SAFETY: as in `send_rest`.
        unsafe {
            channel.receivers.push(NonNull::from(&waiter));
            if TOLD {
                line.tell_waits(Op::Receive, at);
            }
            drop(channel);
            parking.park(WaitReason::ChanReceive, at);
        }
        if TOLD {
            probe::goes_on(line.address());
        }
        return waiter.outcome() == Outcome::Done || line.seen_closed();
    }
}

/// The wait of a send or receive that can be taken back: then it ends as if the channel were closed. The caller
/// leaves, with its value in its hands.
///
/// # Safety
/// As for [`send_rest`], or [`receive_rest`]; nobody is there to do business with.
#[cold]
#[inline(never)]
unsafe fn wait_undoably<T>(
    channel: Locked<'_, T>,
    parking: Parking,
    op: Op,
    slot: *mut T,
    at: &'static Location<'static>,
) -> bool {
    let line = channel.line();
    let sends = op == Op::Send;
    let queue = if sends { &line.senders } else { &line.receivers };
    let reason = if sends { WaitReason::ChanSend } else { WaitReason::ChanReceive };
    let claim = Claim::new(false);
    let waiter = Waiter::with_claim(parking.task(), &claim);
    waiter.set_slot(slot.cast());
    // SAFETY: as in `send_rest`; whoever has backed out takes the waiter out before it ends.
    let served = unsafe {
        queue.push(NonNull::from(&waiter));
        line.tell_waits(op, at);
        drop(channel);
        undo::park(parking, &claim, reason, at)
    };
    probe::goes_on(line.address());
    if !served {
        // SAFETY: the line is one of `T`, as it was; the lock is held while the waiter is taken out.
        unsafe {
            let channel = Locked::<T>::new(line);
            queue.withdraw(NonNull::from(&waiter));
            drop(channel);
        }
        return false;
    }
    waiter.outcome() == Outcome::Done || line.seen_closed()
}
