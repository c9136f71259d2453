//! The cache line of a channel: everything that sending and receiving touch,
//! without knowing what is sent.
//!
//! Promise: one cache line, and one locked instruction per operation: that of
//! its lock; none while one worker has the channel for itself (see
//! [`BiasedLock`](gorge_sched::BiasedLock)).
//!
//! ```text
//!   0     4      8     12    16       24         40         56       60          64
//!   | lock| state| head| cap | buffer | receivers | senders  | #senders| #receivers|
//!   |     |      |     |     |        | first,last| first,last|        |           |
//! ```
//!
//! Invariants (whenever the lock is free):
//! - At least one of the two queues holds no live waiter, except that one
//!   select may wait in both.
//! - Live receivers wait only while `len == 0`, live senders only while
//!   `len == cap`; nobody live waits once the channel is closed. (What
//!   a dropped future has given back may wait with the senders at any time.)
//! - The values are at `head, head + 1, ..., head + len - 1`, modulo `cap`.
//! - Closed never goes back.

use std::panic::Location;

use gorge_base::probe::{self, Op};
use gorge_base::sync::atomic::{AtomicU32, Ordering};
use gorge_base::sync::cell::UnsafeCell;

use super::handles::Handles;
use crate::wait::Queue;

#[cfg(loom)]
pub(super) use crate::wait::{Held, Lock as BiasedLock};
#[cfg(not(loom))]
pub(super) use gorge_sched::{BiasedLock, Held};

/// Beside the length in `state`: so that a closed channel looks neither empty
/// nor as if it had room, and both are seen in one look.
const CLOSED: u32 = 1 << 31;

/// The largest capacity: the sum of two indices stays within 32 bits.
pub(super) const MAX_CAPACITY: usize = (CLOSED - 1) as usize;

/// So many places of a buffer whose values have no size are told apart.
const SIZELESS_PLACES: usize = 1 << 12;

#[derive(Debug)]
#[repr(C)]
#[cfg_attr(not(loom), repr(align(64)))]
pub(crate) struct Line {
    pub(super) lock: BiasedLock,
    /// How many values are in the buffer, and whether the channel is closed.
    state: AtomicU32,
    head: UnsafeCell<u32>,
    cap: u32,
    pub(super) buffer: *mut u8,
    pub(super) receivers: Queue,
    pub(super) senders: Queue,
    /// Marked once one side has let go of the channel.
    pub(super) sender_handles: Handles,
    /// Marked if the channel is part of a larger object, which frees it.
    pub(super) receiver_handles: Handles,
}

#[cfg(not(loom))]
const _: () = assert!(size_of::<Line>() == 64 && align_of::<Line>() == 64);

impl Line {
    /// `cap` is at most [`MAX_CAPACITY`].
    pub(super) fn new(cap: usize, buffer: *mut u8, owned: bool) -> Self {
        debug_assert!(cap <= MAX_CAPACITY);
        Line {
            lock: BiasedLock::new(),
            state: AtomicU32::new(0),
            head: UnsafeCell::new(0),
            cap: cap as u32,
            buffer,
            receivers: Queue::new(),
            senders: Queue::new(),
            sender_handles: Handles::one(false),
            receiver_handles: Handles::one(owned),
        }
    }

    /// By what tools know the channel.
    #[inline(always)]
    pub(super) fn address(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }

    /// By what tools know the place `index` of a buffer whose values have `size`
    /// bytes. Values without size have places too, beyond all addresses.
    pub(super) fn place_address(&self, index: usize, size: usize) -> usize {
        if size == 0 {
            let place = index % SIZELESS_PLACES + 1;
            return self.address() ^ place.rotate_right(SIZELESS_PLACES.trailing_zeros() + 1);
        }
        self.buffer as usize + index * size
    }

    /// Tells that the buffer is no more.
    #[cold]
    pub(super) fn tell_buffer_gone(&self, size: usize) {
        if size != 0 {
            return probe::gone(self.buffer as usize, self.cap as usize * size);
        }
        for index in 0..SIZELESS_PLACES.min(self.cap as usize) {
            probe::gone(self.place_address(index, 0), 1);
        }
    }

    /// Tells that the caller waits for the channel. (For one that a timer serves,
    /// that it waits for a time.)
    pub(super) fn tell_waits(&self, op: Op, at: &'static Location<'static>) {
        let timed = self.receiver_handles.is_marked();
        probe::waits(if timed { Op::Sleep } else { op }, self.address(), at);
    }

    /// An operation of the caller's ends because the channel is closed: it comes
    /// after the close. Always false, which is how such an operation ends.
    #[inline(always)]
    pub(super) fn seen_closed(&self) -> bool {
        probe::acquire(self.address());
        false
    }

    // What follows is exact under the lock, and otherwise a hint. Acquire and
    // release, for those who look without the lock: if they see what somebody
    // has done here, they also see what he did before elsewhere. (See "a look
    // at several things" in select/arms.rs.)

    #[inline(always)]
    fn state(&self) -> u32 {
        self.state.load(Ordering::Acquire)
    }

    /// Under the lock only.
    #[inline(always)]
    fn set_state(&self, state: u32) {
        self.state.store(state, Ordering::Release);
    }

    #[inline(always)]
    pub(super) fn is_closed(&self) -> bool {
        self.state() & CLOSED != 0
    }

    /// Under the lock only.
    pub(super) fn set_closed(&self) {
        self.set_state(self.state() | CLOSED);
    }

    #[inline(always)]
    pub(super) fn len(&self) -> u32 {
        self.state() & !CLOSED
    }

    #[inline(always)]
    pub(super) fn cap(&self) -> u32 {
        self.cap
    }

    /// Whether there is room in the buffer, and the channel is open.
    #[inline(always)]
    pub(super) fn has_room(&self) -> bool {
        self.state() < self.cap
    }

    /// Whether a receive would not block: a hint.
    #[inline(always)]
    pub(super) fn may_receive(&self) -> bool {
        self.state() != 0 || !self.senders.is_empty()
    }

    /// Whether a send would not block: a hint.
    #[inline(always)]
    pub(super) fn may_send(&self) -> bool {
        self.has_room() || !self.receivers.is_empty() || self.is_closed()
    }

    /// Makes room at the end of the buffer, which is not full, and says where.
    /// Under the lock only.
    #[inline(always)]
    pub(super) fn grow(&self) -> usize {
        let len = self.state();
        debug_assert!(len < self.cap, "full or closed");
        // SAFETY: the lock is held.
        let head = self.head.with(|head| unsafe { *head });
        self.set_state(len + 1);
        // Not `%`: a division costs more than the rest of a send.
        let end = head + len;
        (if end >= self.cap { end - self.cap } else { end }) as usize
    }

    /// Takes the front of the buffer, which is not empty, and says where it is.
    /// Under the lock only.
    #[inline(always)]
    pub(super) fn shrink(&self) -> usize {
        debug_assert!(self.len() > 0);
        self.set_state(self.state() - 1);
        self.advance()
    }

    /// Makes room at the front of the buffer, which is not full, and says where.
    /// Under the lock only; also once it is closed.
    pub(super) fn grow_front(&self) -> usize {
        debug_assert!(self.len() < self.cap);
        self.set_state(self.state() + 1);
        self.retreat()
    }

    /// Turns a full buffer by one the other way: the last becomes the front, whose
    /// place is returned. Under the lock only.
    pub(super) fn retreat(&self) -> usize {
        self.head.with_mut(|head| {
            // SAFETY: the lock is held.
            unsafe {
                *head = if *head == 0 { self.cap } else { *head } - 1;
                *head as usize
            }
        })
    }

    /// Turns a full buffer by one: the front, whose place is returned, becomes
    /// the end. Under the lock only.
    #[inline(always)]
    pub(super) fn advance(&self) -> usize {
        self.head.with_mut(|head| {
            // SAFETY: the lock is held.
            unsafe {
                let front = *head;
                *head = if front + 1 == self.cap { 0 } else { front + 1 };
                front as usize
            }
        })
    }
}
