//! The run queue of a processor: a growable ring of goroutines.
//!
//! Only who uses the processor (see `lease`) pushes and pops, so the ring is
//! plain memory. Its two counters are atomics because other threads look at
//! them, as a hint of how much there is to steal; the ring itself they never
//! touch.

use std::cell::Cell;
use std::ptr::null_mut;
use std::sync::atomic::{
    AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};

use crate::runtime::goroutine::G;

#[derive(Debug)]
pub(crate) struct Ring {
    head: AtomicUsize,
    tail: AtomicUsize,
    mask: Cell<usize>,
    slots: Cell<*mut *mut G>,
}

const FIRST: usize = 256;

fn allocate(len: usize) -> *mut *mut G {
    Box::into_raw(vec![null_mut::<G>(); len].into_boxed_slice()).cast()
}

impl Ring {
    pub(crate) fn new() -> Ring {
        Ring {
            head: AtomicUsize::new(0),
            tail: AtomicUsize::new(0),
            mask: Cell::new(FIRST - 1),
            slots: Cell::new(allocate(FIRST)),
        }
    }

    /// How many there are: exact for the user of the processor, a hint for
    /// everyone else.
    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        let head = self.head.load(Acquire);
        let len = self.tail.load(Acquire).wrapping_sub(head);
        // A stranger may read the two at different times.
        if len as isize >= 0 { len } else { 0 }
    }

    #[inline(always)]
    pub(crate) fn is_empty(&self) -> bool {
        self.head.load(Relaxed) == self.tail.load(Relaxed)
    }

    /// Appends a goroutine.
    ///
    /// # Safety
    /// The caller uses the processor.
    #[inline(always)]
    pub(crate) unsafe fn push(&self, g: *mut G) {
        let tail = self.tail.load(Relaxed);
        if tail.wrapping_sub(self.head.load(Relaxed)) > self.mask.get() {
            // SAFETY: as ours.
            unsafe { self.grow() }
        }
        // SAFETY: the index is masked to the allocation, which is ours to use.
        unsafe { *self.slots.get().add(tail & self.mask.get()) = g }
        self.tail.store(tail.wrapping_add(1), Release);
    }

    /// Takes the oldest goroutine.
    ///
    /// # Safety
    /// The caller uses the processor.
    #[inline(always)]
    pub(crate) unsafe fn pop(&self) -> *mut G {
        let head = self.head.load(Relaxed);
        if head == self.tail.load(Relaxed) {
            return null_mut();
        }
        // SAFETY: as in `push`.
        let g = unsafe { *self.slots.get().add(head & self.mask.get()) };
        self.head.store(head.wrapping_add(1), Release);
        g
    }

    /// The goroutine `n` places behind the oldest, for prefetching.
    ///
    /// # Safety
    /// The caller uses the processor.
    #[inline(always)]
    pub(crate) unsafe fn peek(&self, n: usize) -> Option<*mut G> {
        let head = self.head.load(Relaxed);
        if self.tail.load(Relaxed).wrapping_sub(head) <= n {
            return None;
        }
        // SAFETY: as in `push`; the entry is between head and tail.
        Some(unsafe { *self.slots.get().add(head.wrapping_add(n) & self.mask.get()) })
    }

    #[cold]
    unsafe fn grow(&self) {
        let (old_len, old) = (self.mask.get() + 1, self.slots.get());
        let new = allocate(old_len * 2);
        let (head, tail) = (self.head.load(Relaxed), self.tail.load(Relaxed));
        let mut i = head;
        while i != tail {
            // SAFETY: both indices are masked to their allocations.
            unsafe { *new.add(i & (old_len * 2 - 1)) = *old.add(i & (old_len - 1)) }
            i = i.wrapping_add(1);
        }
        self.slots.set(new);
        self.mask.set(old_len * 2 - 1);
        // SAFETY: `old` came from `allocate(old_len)`; nobody else reads slots.
        drop(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(old, old_len)) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_in_first_out_over_many_growths() {
        let ring = Ring::new();
        let mut expected = std::collections::VecDeque::new();
        let mut next = 1usize;
        for round in 0..2000usize {
            for _ in 0..round % 7 {
                // SAFETY: a lone test owns the ring; it never looks behind the pointers.
                unsafe { ring.push(next as *mut G) };
                expected.push_back(next);
                next += 1;
            }
            for _ in 0..round % 5 {
                // SAFETY: as above.
                let got = unsafe { ring.pop() } as usize;
                assert_eq!(got, expected.pop_front().unwrap_or(0));
            }
            assert_eq!(ring.len(), expected.len());
        }
        assert!(next > 3 * FIRST);
    }
}
