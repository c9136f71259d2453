//! A value that a dropped future has given back, and for which the buffer has no room.
//!
//! It waits at the front of the senders' queue in a record of its own, which is freed by whoever
//! takes the value out.
//!
//! Invariant: kept values are the first of the senders' queue. They outlive the closing of the channel, and
//! are gone when the last receiver is.

use std::mem::MaybeUninit;
use std::ptr::NonNull;

use gorge_sched::{Listener, Task};

use crate::chan::locked::{Locked, Put};
use crate::wait::{Waiter, Waker};

#[derive(Debug)]
#[repr(C)] // `listener` first: its address is the record's
struct Kept<T> {
    listener: Listener,
    waiter: Waiter,
    value: MaybeUninit<T>,
}

/// Puts the value at `from` back to where it came from: before all others. To be woken, and to be dropped, after the
/// lock was released: who gets it, and a value that nobody wants any more.
///
/// # Safety
/// `from` holds a value, which is the channel's from now on; one was received from this channel before.
pub(super) unsafe fn give_back<T>(
    channel: &mut Locked<'_, T>,
    from: *const T,
) -> (Waker, Option<T>) {
    // SAFETY: as the caller says; places of the buffer are used under the lock.
    unsafe {
        if !channel.receivers.is_empty()
            && let Put::Moved(waker) = channel.put(from)
        {
            return (waker, None); // somebody waits for it, so the buffer is empty
        }
        if channel.len() < channel.cap() {
            channel.put_back(from);
            return (Waker::NOBODY, None);
        }
        if channel.receiver_handles.is_marked() {
            // A timer's: a later time is there already, and nobody keeps old ones.
            return (Waker::NOBODY, Some(from.read()));
        }
        keep(channel, from);
        (Waker::NOBODY, None)
    }
}

/// # Safety
/// As for [`give_back`]; the buffer is full.
#[cold]
unsafe fn keep<T>(channel: &mut Locked<'_, T>, from: *const T) {
    let kept = NonNull::from(Box::leak(Box::<Kept<T>>::new_uninit())).cast::<Kept<T>>();
    // SAFETY: the record is new, and stays until it is told; the rest is the caller's promise.
    unsafe {
        let task = Task::listener(kept.cast());
        let record = Kept {
            listener: Listener::new(tell::<T>),
            waiter: Waiter::kept(task),
            value: MaybeUninit::uninit(),
        };
        kept.write(record);
        let place = (&raw mut (*kept.as_ptr()).value).cast::<T>();
        let waiter = NonNull::new_unchecked(&raw mut (*kept.as_ptr()).waiter);
        waiter.as_ref().set_slot(place.cast());
        channel.turn_back(from, place);
        channel.senders.push_front(waiter);
    }
}

/// The value was taken out.
///
/// # Safety
/// `listener` is that of a kept value, and this is the one time.
unsafe fn tell<T>(listener: NonNull<Listener>) {
    // SAFETY: leaked in `keep`; nobody else refers to it.
    drop(unsafe { Box::from_raw(listener.cast::<Kept<T>>().as_ptr()) });
}
