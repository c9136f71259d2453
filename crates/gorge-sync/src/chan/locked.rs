//! A channel whose lock is held: what may be done only then.
//!
//! Promise: none of these wakes anybody or runs a user's code. They return a
//! [`Waker`], to be spent after the lock is released.
//!
//! ```text
//!           receiver waits        room              full / unbuffered
//!   put     into its slot         into the buffer   -
//!
//!           buffer not empty      sender waits      nobody
//!   take    from the buffer;      from its slot     -
//!           first sender's value
//!           takes the place
//! ```

use std::marker::PhantomData;
use std::ops::Deref;

use gorge_base::probe;

use super::line::{Held, Line};
use crate::wait::{Outcome, Waiter, Waker};

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
    line: &'a Line,
    values: PhantomData<*mut T>,
    _held: Held<'a>,
}

impl<T> Deref for Locked<'_, T> {
    type Target = Line;

    #[inline(always)]
    fn deref(&self) -> &Line {
        self.line
    }
}

impl<'a, T> Locked<'a, T> {
    /// Takes the lock of a channel of `T`.
    ///
    /// # Safety
    /// The buffer of `line` is one of `T`.
    #[inline(always)]
    pub(super) unsafe fn new(line: &'a Line) -> Self {
        Locked { line, values: PhantomData, _held: line.lock.lock() }
    }

    /// Releases the lock, does `f`, and takes the lock again.
    #[cold]
    pub(super) fn released_while(self, f: impl FnOnce()) -> Self {
        let line = self.line;
        drop(self);
        f();
        // SAFETY: it was a channel of `T` before.
        unsafe { Locked::new(line) }
    }

    /// The channel, which stays when the lock is released.
    #[inline(always)]
    pub(super) fn line(&self) -> &'a Line {
        self.line
    }

    /// Tells that the caller hands over a value, in which there may be a guard.
    #[inline(always)]
    pub(super) fn tell_gives(&self) {
        if std::mem::needs_drop::<T>() {
            probe::gives();
        }
    }

    /// Tells that the caller goes through place `index` of the buffer. The k-th
    /// receive comes before the end of send number k + cap, and so on.
    #[inline(always)]
    fn tell_place(&self, index: usize) {
        if probe::order() {
            probe::passes(self.place_address(index, size_of::<T>()));
        }
    }

    /// Tells that the caller hands a value to `receiver`, past a buffer that is
    /// empty, or has none.
    #[cold]
    #[inline(never)]
    fn tell_handed(&self, receiver: &Waiter, caller: bool) {
        let who = receiver.task().address();
        if self.cap() == 0 {
            return probe::meets(who);
        }
        // As if it had gone through the buffer.
        let place = self.place_address(self.advance(), size_of::<T>());
        if caller {
            probe::passes(place);
        }
        probe::passes_for(who, place);
    }

    /// Tells that the value of `sender` took the place `index` of a full buffer,
    /// from which the caller has received.
    #[cold]
    #[inline(never)]
    fn tell_refilled(&self, sender: &Waiter, index: usize) {
        let place = self.place_address(index, size_of::<T>());
        probe::passes(place);
        probe::passes_for(sender.task().address(), place);
    }

    #[inline(always)]
    fn place(&self, index: usize) -> *mut T {
        // SAFETY: indices come from `Line`, which keeps them below `cap`.
        unsafe { self.buffer.cast::<T>().add(index) }
    }

    /// Moves a value into the buffer, if there is room and nobody waits for it:
    /// the short way, to be tried first. False: see [`put`](Locked::put).
    ///
    /// # Safety
    /// `from` holds a value of `T`, which is the channel's once this is true.
    #[inline(always)]
    pub(super) unsafe fn put_quick(&mut self, from: *const T) -> bool {
        let quick = self.has_room() && self.receivers.is_empty();
        if quick {
            let end = self.grow();
            // SAFETY: the place is free.
            unsafe { self.place(end).copy_from_nonoverlapping(from, 1) };
        }
        quick
    }

    /// Moves a value out of the buffer, if there is one and nobody waits to put
    /// another into its place: the short way, to be tried first. False: see
    /// [`take`](Locked::take).
    ///
    /// # Safety
    /// `into` has room for a `T`; it holds one once this is true.
    #[inline(always)]
    pub(super) unsafe fn take_quick(&mut self, into: *mut T) -> bool {
        let quick = self.len() != 0 && self.senders.is_empty();
        if quick {
            let front = self.shrink();
            // SAFETY: the place holds a value.
            unsafe { into.copy_from_nonoverlapping(self.place(front), 1) };
        }
        quick
    }

    /// Moves the value at `from` to whoever is to have it, if that is possible
    /// now.
    ///
    /// # Safety
    /// `from` holds a value of `T`, which is the channel's once `Moved` is returned.
    #[inline(always)]
    pub(super) unsafe fn put(&mut self, from: *const T) -> Put {
        // SAFETY: as the caller says.
        unsafe { self.put_for(from, true) }
    }

    /// As [`put`](Locked::put), for the caller or for nobody in particular.
    ///
    /// # Safety
    /// As for [`put`](Locked::put).
    #[inline(always)]
    pub(super) unsafe fn put_for(&mut self, from: *const T, caller: bool) -> Put {
        self.tell_gives();
        if self.is_closed() {
            self.seen_closed();
            return Put::Closed;
        }
        // SAFETY: the lock is held; a waiting receiver's slot has room for a
        // T; the value is moved to exactly one place.
        unsafe {
            if let Some(receiver) = self.receivers.pop() {
                if probe::order() {
                    self.tell_handed(receiver.as_ref(), caller);
                }
                receiver.as_ref().slot().cast::<T>().copy_from_nonoverlapping(from, 1);
                return Put::Moved(Waiter::settle(receiver, Outcome::Done));
            }
            if self.has_room() {
                let end = self.grow();
                if caller {
                    self.tell_place(end);
                }
                self.place(end).copy_from_nonoverlapping(from, 1);
                return Put::Moved(Waker::NOBODY);
            }
        }
        Put::Full
    }

    /// Moves the value at `from` to the front of the buffer, which is not full.
    ///
    /// # Safety
    /// `from` holds a value of `T`, which is the channel's now.
    pub(super) unsafe fn put_back(&mut self, from: *const T) {
        let front = self.grow_front();
        // SAFETY: the place is free.
        unsafe { self.place(front).copy_from_nonoverlapping(from, 1) };
    }

    /// Moves the value at `from` to the front of the buffer, which is full, and its last one to `into`.
    /// (Without a buffer it goes to `into` itself.)
    ///
    /// # Safety
    /// `from` holds a value of `T`, which is the channel's now; `into` has room for one.
    pub(super) unsafe fn turn_back(&mut self, from: *const T, into: *mut T) {
        // SAFETY: the places of a full buffer hold values.
        unsafe {
            if self.cap() == 0 {
                return into.copy_from_nonoverlapping(from, 1);
            }
            let last = self.retreat();
            into.copy_from_nonoverlapping(self.place(last), 1);
            self.place(last).copy_from_nonoverlapping(from, 1);
        }
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
                    self.tell_place(front);
                    into.copy_from_nonoverlapping(self.place(front), 1);
                    return Take::Moved(Waker::NOBODY);
                };
                // Full: the first sender's value takes the place that is free now.
                let front = self.advance();
                if probe::order() {
                    self.tell_refilled(sender.as_ref(), front);
                }
                into.copy_from_nonoverlapping(self.place(front), 1);
                let value = sender.as_ref().slot().cast::<T>();
                self.place(front).copy_from_nonoverlapping(value, 1);
                return Take::Moved(Waiter::settle(sender, Outcome::Done));
            }
            if let Some(sender) = self.senders.pop() {
                probe::meets(sender.as_ref().task().address());
                let value = sender.as_ref().slot().cast::<T>();
                into.copy_from_nonoverlapping(value, 1);
                return Take::Moved(Waiter::settle(sender, Outcome::Done));
            }
        }
        if !self.is_closed() {
            return Take::Empty;
        }
        self.seen_closed();
        Take::Closed
    }
}
