//! The life of a channel: made, closed, abandoned, freed.
//!
//! Promise: the last sender to go closes the channel; the last receiver to go
//! closes it too, and drops what nobody can receive any more; when both sides
//! are gone the memory is freed. No user's destructor runs under the lock.
//!
//! ```text
//!   senders    ... 2 1 0 -> close ---------------\
//!                                                 first sets the mark, second frees
//!   receivers  ... 2 1 0 -> close, drop values --/
//! ```
//!
//! Invariant: once the receivers' count is 0 it stays 0 (a new receiver is
//! made only from an old one or from a two-way handle, which counts on both
//! sides); so between "closed" and "freed" nobody fills or empties the buffer
//! but the one who drops its values.

use std::alloc::{self, Layout};
use std::mem::MaybeUninit;
use std::panic::Location;
use std::ptr::{self, NonNull};

use gorge_base::probe::{self, Op};
use gorge_sched::Place;

use super::core::Core;
use super::handles::Handles;
use super::line::{Line, MAX_CAPACITY};
use super::locked::{Put, Take};
use crate::wait::{Outcome, Queue, Waiter};

/// What Go says about a capacity that no buffer can have.
const OUT_OF_RANGE: &str = "makechan: size out of range";

/// A channel inside a larger object, which knows how to free itself. `repr(C)`
/// because the channel must come first: a handle's pointer is the object's.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Owned<T, X> {
    pub(crate) core: Core<T>,
    /// Called when the last receiver goes. Such a channel has no senders' side
    /// and is never closed.
    free: unsafe fn(NonNull<Core<T>>),
    pub(crate) rest: X,
}

impl<T, X> Owned<T, X> {
    /// A channel with `cap` places and a count of one receiver.
    pub(crate) fn new(cap: usize, free: unsafe fn(NonNull<Core<T>>), rest: X) -> Self {
        Owned { core: Core::with_line(Line::new(cap, buffer::<T>(cap), true)), free, rest }
    }
}

/// Room for `cap` values.
#[track_caller]
fn buffer<T>(cap: usize) -> *mut u8 {
    let Some(layout) = layout::<T>(cap) else { panic!("{OUT_OF_RANGE}") };
    if layout.size() == 0 {
        return ptr::without_provenance_mut(layout.align());
    }
    // SAFETY: the size is not zero.
    let buffer = unsafe { alloc::alloc(layout) };
    if buffer.is_null() {
        // The process goes on: the caller asked for too much, nobody else did.
        panic!("{OUT_OF_RANGE}");
    }
    buffer
}

fn layout<T>(cap: usize) -> Option<Layout> {
    if cap > MAX_CAPACITY { None } else { Layout::array::<T>(cap).ok() }
}

impl<T> Core<T> {
    /// A channel with one handle on each side.
    ///
    /// # Panics
    /// When there can be no such buffer, with Go's words.
    #[track_caller]
    pub(super) fn make(cap: usize) -> NonNull<Core<T>> {
        let buffer = buffer::<T>(cap);
        let core = Core::with_line(Line::new(cap, buffer, false));
        NonNull::from(Box::leak(Box::new(core)))
    }

    /// One more sender.
    #[inline]
    pub(super) fn add_sender(&self) {
        self.line.sender_handles.add();
    }

    /// One more receiver.
    #[inline]
    pub(super) fn add_receiver(&self) {
        self.line.receiver_handles.add();
    }

    /// Closes the channel; false if it was closed already.
    pub(super) fn close(&self, at: &'static Location<'static>) -> bool {
        probe::point(Op::Close, self.address(), at);
        self.close_now()
    }

    fn close_now(&self) -> bool {
        let channel = self.lock();
        if channel.is_closed() {
            return false;
        }
        probe::release(self.address());
        channel.set_closed();
        let (woken, kept) = (Queue::new(), Queue::new());
        // SAFETY: the lock is held. Popped waiters are won, so they stay until
        // they are made ready; `woken` links them while they are in no other queue.
        // Their outcome is known before the lock is released: by it the owner of a
        // waiter that is not on a stack sees that it must not be touched.
        unsafe {
            while let Some(waiter) = channel.receivers.pop() {
                Waiter::settle_later(waiter, Outcome::Closed);
                woken.push(waiter);
            }
            while let Some(waiter) = channel.senders.pop() {
                if waiter.as_ref().is_kept() {
                    kept.push(waiter);
                } else {
                    Waiter::settle_later(waiter, Outcome::Closed);
                    woken.push(waiter);
                }
            }
            while let Some(waiter) = kept.pop_won() {
                channel.senders.push(waiter);
            }
        }
        drop(channel);
        wake_all(&woken);
        true
    }

    /// One sender fewer.
    ///
    /// # Safety
    /// The caller owned one of the count, and does not touch the channel again.
    #[inline]
    pub(super) unsafe fn drop_sender(this: NonNull<Core<T>>) {
        // SAFETY: alive as long as the caller's part of the count.
        let core = unsafe { this.as_ref() };
        if probe::any() {
            let side = &core.line.sender_handles;
            core.tell_dropped(side, side.is_one());
        }
        if core.line.sender_handles.remove() {
            core.close_for_want_of(&core.line.sender_handles);
            // SAFETY: the senders' side is done with it.
            unsafe { Core::leave(this) };
        }
    }

    /// One receiver fewer.
    ///
    /// # Safety
    /// As for [`Core::drop_sender`].
    #[inline]
    pub(super) unsafe fn drop_receiver(this: NonNull<Core<T>>) {
        // SAFETY: alive as long as the caller's part of the count.
        let core = unsafe { this.as_ref() };
        if probe::any() {
            // One inside a larger object is not closed.
            let side = &core.line.receiver_handles;
            core.tell_dropped(side, side.is_one() && !side.is_marked());
        }
        if core.line.receiver_handles.remove() {
            // SAFETY: the receivers' side is over.
            unsafe { Core::abandon(this) };
        }
    }

    /// Tells that a handle of one side is about to be dropped, maybe the last, which closes the
    /// channel, after all that was done with the others.
    #[cold]
    #[inline(never)]
    fn tell_dropped(&self, side: &Handles, closes: bool) {
        if closes {
            probe::point(Op::Close, self.address(), Location::caller());
        }
        // Not to the channel: whoever finds it closed by somebody's `close` comes after that, and not after
        // everybody who has dropped a handle.
        probe::release(side.address());
    }

    /// Closes it, all handles of one side being gone: after what was done with them. One that is closed already is
    /// closed no more.
    fn close_for_want_of(&self, side: &Handles) {
        if probe::order() && !self.line.is_closed() {
            probe::acquire(side.address());
        }
        self.close_now();
    }

    /// The last receiver is gone.
    ///
    /// # Safety
    /// As it says, and the caller does not touch the channel again.
    #[cold]
    unsafe fn abandon(this: NonNull<Core<T>>) {
        // SAFETY: the receivers' side has not left yet.
        let core = unsafe { this.as_ref() };
        if core.line.receiver_handles.is_marked() {
            // SAFETY: such a channel is the first field of an `Owned`, and
            // nobody else is left.
            unsafe { ((*this.cast::<Owned<T, ()>>().as_ptr()).free)(this) };
            return;
        }
        // Leaves even when the destructor of a value panics.
        struct Leave<T>(NonNull<Core<T>>);
        impl<T> Drop for Leave<T> {
            fn drop(&mut self) {
                // SAFETY: the receivers' side is done with it.
                unsafe { Core::leave(self.0) };
            }
        }
        let _leave = Leave(this);
        core.close_for_want_of(&core.line.receiver_handles);
        core.clear();
    }

    /// Tells that what will be offered comes after what the caller did so far.
    pub(crate) fn tell_promised(&self) {
        if probe::order() {
            probe::release(self.line.place_address(0, size_of::<T>()));
        }
    }

    /// Takes back what is in the buffer; false when there was nothing. For
    /// timers, whose stale values nobody may see.
    pub(crate) fn drain(&self) -> bool
    where
        T: Copy,
    {
        let mut channel = self.lock();
        let mut value = MaybeUninit::uninit();
        let mut drained = false;
        // SAFETY: there is room for a value.
        while let Take::Moved(waker) = unsafe { channel.take(value.as_mut_ptr()) } {
            debug_assert!(waker.task().is_none(), "nobody waits to send on a timer's channel");
            drained = true;
        }
        drained
    }

    /// Drops all values in the buffer.
    fn clear(&self) {
        // Goes on with the rest when one destructor panics; a second panic
        // while unwinding ends the program, as everywhere in Rust.
        struct Rest<'a, T>(&'a Core<T>);
        impl<T> Drop for Rest<'_, T> {
            fn drop(&mut self) {
                self.0.drop_values();
            }
        }
        let rest = Rest(self);
        rest.0.drop_values();
        std::mem::forget(rest);
    }

    fn drop_values(&self) {
        while let Ok(value) = self.take_now() {
            drop(value);
        }
    }

    /// Sends `value` if that is possible at once, from inside a timer that
    /// fires, where nobody is woken in the ordinary way: `wake` gets the task
    /// that is to be made ready. Drops the value otherwise.
    pub(crate) fn offer(&self, value: T, wake: impl FnOnce(gorge_sched::Task))
    where
        T: Copy,
    {
        let mut channel = self.lock();
        // SAFETY: `value` holds a value; a copy of it does no harm.
        if let Put::Moved(waker) = unsafe { channel.put_for(&raw const value, false) } {
            drop(channel);
            if let Some(task) = waker.task() {
                wake(task);
            }
        }
    }

    /// One side is done with the channel; the second to say so frees it.
    ///
    /// # Safety
    /// Once for each side, which does not touch the channel again.
    unsafe fn leave(this: NonNull<Core<T>>) {
        // SAFETY: only the second side frees.
        if unsafe { this.as_ref() }.line.sender_handles.mark() {
            return;
        }
        // SAFETY: nobody refers to it any more; it was made by `make`.
        drop(unsafe { Box::from_raw(this.as_ptr()) });
    }
}

impl<T> Drop for Core<T> {
    fn drop(&mut self) {
        if probe::any() {
            probe::gone(self.address(), size_of::<Line>());
            self.line.tell_buffer_gone(size_of::<T>());
        }
        // The receivers' side dropped the values; what is left after a panic
        // in two destructors is leaked.
        let layout = layout::<T>(self.line.cap() as usize).expect("it was possible to make");
        if layout.size() != 0 {
            // SAFETY: allocated in `buffer` with this layout.
            unsafe { alloc::dealloc(self.line.buffer, layout) };
        }
    }
}

/// Makes each of `woken` ready, who are in no other queue and have their outcome.
fn wake_all(woken: &Queue) {
    // SAFETY: the queue is the caller's own and needs no lock. Its waiters
    // were won before; a won waiter is alive until it is made ready, and is
    // unlinked before that.
    unsafe {
        while let Some(waiter) = woken.pop_won() {
            gorge_sched::ready(waiter.as_ref().task(), Place::Tail);
        }
    }
}
