//! A place in a queue of a channel that is not on a stack.
//!
//! Invariants:
//! - It is linked in the queue of one channel only, which it names.
//! - While the waiter is linked, or was won and not yet told, the node has a count for whoever tells it.
//! - The slot is touched by others only under the channel's lock, while the waiter is linked.

use std::mem::MaybeUninit;
use std::panic::Location;
use std::ptr::NonNull;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};

use gorge_base::probe;
use gorge_base::sync::cell::UnsafeCell;
use gorge_sched::{Listener, Task};

use crate::chan::core::Core;
use crate::wait::{Outcome, Told, Waiter};

/// See the top of the file.
#[derive(Debug)]
#[repr(C)] // `listener` first: its address is the node's
pub(super) struct Node<T> {
    listener: Listener,
    waiter: Waiter,
    slot: UnsafeCell<MaybeUninit<T>>,
    told: Told,
    /// By what tools know the channel that it waits for.
    channel: usize,
}

// SAFETY: the waiter is used under the channel's lock, or by the owner after it was told; the slot's value
// moves from one thread to another.
unsafe impl<T: Send> Send for Node<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Node<T> {}

impl<T> Node<T> {
    /// A place for the task of `cx`, with a value to be fetched, or room for one.
    pub(super) fn new(core: &Core<T>, value: MaybeUninit<T>, cx: &Context<'_>) -> Arc<Node<T>> {
        let waker = cx.waker().clone();
        Arc::new_cyclic(|this: &Weak<Node<T>>| {
            let listener = NonNull::new(this.as_ptr().cast_mut().cast()).expect("an address");
            // SAFETY: the node stays until it is told; see `enlist`.
            let task = unsafe { Task::listener(listener) };
            Node {
                listener: Listener::new(tell::<T>),
                waiter: Waiter::plain(task, std::ptr::null_mut()),
                slot: UnsafeCell::new(value),
                told: Told::not_yet(waker),
                channel: core.address(),
            }
        })
    }

    /// Panics unless it waits for this channel: under the lock of another its queue is not to be touched.
    pub(super) fn check(&self, core: &Core<T>) {
        assert_eq!(self.channel, core.address(), "a future of another channel");
    }

    /// The place of the value.
    pub(super) fn slot(&self) -> *mut T {
        self.slot.with_mut(|slot| slot.cast())
    }

    /// The waiter, to be linked, with a count for whoever tells it.
    pub(super) fn enlist(this: &Arc<Node<T>>) -> NonNull<Waiter> {
        this.waiter.set_slot(this.slot().cast());
        // To the race detector it is somebody who waits, started by who polls: whoever serves it meets it.
        probe::starts(this.waiter.task().address(), false, Location::caller());
        std::mem::forget(this.clone());
        this.waiter()
    }

    /// The waiter, to be taken out.
    pub(super) fn waiter(&self) -> NonNull<Waiter> {
        NonNull::from(&self.waiter)
    }

    /// After the waiter was taken out: gives back the count of who would have told it.
    ///
    /// # Safety
    /// It was linked, and nobody else took it out.
    pub(super) unsafe fn forget(this: &Arc<Node<T>>) {
        // SAFETY: the count made in `enlist`, which nobody else will spend.
        unsafe { Arc::decrement_strong_count(Arc::as_ptr(this)) };
    }

    /// The owner knows from now on what those knew who have served it.
    pub(super) fn tell_waited(&self) {
        if probe::order() {
            let who = self.waiter.task().address();
            probe::ends(who);
            probe::acquire(who);
            probe::gone(who, 1);
        }
    }

    /// What became of it: for the owner, once it was told, or under the channel's lock.
    pub(super) fn outcome(&self) -> Outcome {
        self.waiter.outcome()
    }

    /// Ready once it was told; until then the task of `cx` will be woken.
    pub(super) fn poll_told(&self, cx: &Context<'_>) -> Poll<()> {
        self.told.poll(cx)
    }
}

/// The waiter was served: runs where a goroutine would be made ready.
///
/// # Safety
/// `listener` is that of a node of `T` which is enlisted, and this is the one time.
unsafe fn tell<T>(listener: NonNull<Listener>) {
    // SAFETY: the listener is the node's first field, and this is the count made in `enlist`.
    let node = unsafe { Arc::from_raw(listener.cast::<Node<T>>().as_ptr().cast_const()) };
    let waker = node.told.tell();
    drop(node); // the value, if there is one, belongs to the future
    if let Some(waker) = waker {
        waker.wake();
    }
}
