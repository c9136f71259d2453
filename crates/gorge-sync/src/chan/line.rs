//! The cache line of a channel: everything that sending and receiving touch,
//! without knowing what is sent.
//!
//! Promise: one cache line, and one locked instruction per operation: that of
//! its lock (see `wait/lock.rs`).
//!
//! ```text
//!   0     1       2      3      4    8     12    16       24         40        56       60      64
//!   | lock| closed| sides| owned| len| head| cap | buffer | receivers| senders | #send  | #recv |
//!   |     |       |      |      |    |     |     |        | first,last first,last       |       |
//! ```
//!
//! Invariants (whenever the lock is free):
//! - At least one of the two queues holds no live waiter, except that one
//!   select may wait in both.
//! - Live receivers wait only while `len == 0`, live senders only while
//!   `len == cap`; nobody live waits once `closed` is set.
//! - The values are at `head, head + 1, ..., head + len - 1`, modulo `cap`.
//! - `closed` never goes back.

use gorge_base::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use gorge_base::sync::cell::UnsafeCell;

use crate::wait::{Lock, Queue};

#[derive(Debug)]
#[repr(C)]
#[cfg_attr(not(loom), repr(align(64)))]
pub(crate) struct Line {
    pub(super) lock: Lock,
    closed: AtomicU8,
    /// 1 once the senders' or the receivers' side has let go of the channel.
    pub(super) sides: AtomicU8,
    /// 1 if the channel is part of a larger object, which frees it.
    pub(super) owned: u8,
    len: AtomicU32,
    head: UnsafeCell<u32>,
    cap: u32,
    pub(super) buffer: *mut u8,
    pub(super) receivers: Queue,
    pub(super) senders: Queue,
    pub(super) sender_count: AtomicU32,
    pub(super) receiver_count: AtomicU32,
}

#[cfg(not(loom))]
const _: () = assert!(size_of::<Line>() == 64 && align_of::<Line>() == 64);

impl Line {
    pub(super) fn new(cap: u32, buffer: *mut u8, owned: bool) -> Self {
        Line {
            lock: Lock::new(),
            closed: AtomicU8::new(0),
            sides: AtomicU8::new(0),
            owned: owned as u8,
            len: AtomicU32::new(0),
            head: UnsafeCell::new(0),
            cap,
            buffer,
            receivers: Queue::new(),
            senders: Queue::new(),
            sender_count: AtomicU32::new(1),
            receiver_count: AtomicU32::new(1),
        }
    }

    // The following are exact under the lock, and otherwise hints; relaxed
    // either way, because the lock orders what needs order.

    #[inline(always)]
    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed) != 0
    }

    /// Under the lock only.
    #[inline(always)]
    pub(super) fn set_closed(&self) {
        self.closed.store(1, Ordering::Relaxed);
    }

    #[inline(always)]
    pub(super) fn len(&self) -> u32 {
        self.len.load(Ordering::Relaxed)
    }

    #[inline(always)]
    pub(super) fn cap(&self) -> u32 {
        self.cap
    }

    /// Whether a receive would not block: a hint.
    #[inline(always)]
    pub(super) fn may_receive(&self) -> bool {
        self.len() != 0 || !self.senders.is_empty() || self.is_closed()
    }

    /// Whether a send would not block: a hint.
    #[inline(always)]
    pub(super) fn may_send(&self) -> bool {
        self.len() < self.cap || !self.receivers.is_empty() || self.is_closed()
    }

    /// Makes room at the end of the buffer, which is not full, and says where.
    /// Under the lock only.
    #[inline(always)]
    pub(super) fn grow(&self) -> usize {
        let len = self.len();
        debug_assert!(len < self.cap);
        // SAFETY: the lock is held.
        let head = self.head.with(|head| unsafe { *head });
        self.len.store(len + 1, Ordering::Relaxed);
        // Not `%`: a division costs more than the rest of a send. The sum
        // cannot overflow: both are at most `MAX_CAPACITY`.
        let end = head + len;
        (if end >= self.cap { end - self.cap } else { end }) as usize
    }

    /// Takes the front of the buffer, which is not empty, and says where it is.
    /// Under the lock only.
    #[inline(always)]
    pub(super) fn shrink(&self) -> usize {
        let len = self.len();
        debug_assert!(len > 0);
        self.len.store(len - 1, Ordering::Relaxed);
        self.advance()
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
