//! The run queue of a processor: a growable ring of pointers.
//!
//! Only who uses the processor (see `lease`) pushes and pops, so the ring is
//! plain memory. Its two counters are atomics because other threads look at
//! them, as a hint of how much there is to steal; the ring itself they never
//! touch.

use std::cell::Cell;
use std::ptr::null_mut;

use gorge_base::sync::atomic::{
    AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};
use gorge_base::sync::cell::UnsafeCell;

#[derive(Debug)]
pub(crate) struct Ring<T> {
    head: AtomicUsize,
    tail: AtomicUsize,
    mask: Cell<usize>,
    slots: Cell<*mut *mut T>,
    /// Stands for what lies in `mask` and `slots`: by it loom sees who uses them when.
    used: UnsafeCell<()>,
}

const FIRST: usize = 256;

fn allocate<T>(len: usize) -> *mut *mut T {
    Box::into_raw(vec![null_mut::<T>(); len].into_boxed_slice()).cast()
}

impl<T> Ring<T> {
    pub(crate) fn new() -> Ring<T> {
        Ring {
            head: AtomicUsize::new(0),
            tail: AtomicUsize::new(0),
            mask: Cell::new(FIRST - 1),
            slots: Cell::new(allocate(FIRST)),
            used: UnsafeCell::new(()),
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

    /// Appends an entry.
    ///
    /// # Safety
    /// The caller uses the processor.
    #[inline(always)]
    pub(crate) unsafe fn push(&self, entry: *mut T) {
        let tail = self.tail.load(Relaxed);
        if tail.wrapping_sub(self.head.load(Relaxed)) > self.mask.get() {
            // SAFETY: as ours.
            unsafe { self.grow() }
        }
        // SAFETY: the index is masked to the allocation, which is ours to use.
        self.used.with_mut(|_| unsafe { *self.slots.get().add(tail & self.mask.get()) = entry });
        self.tail.store(tail.wrapping_add(1), Release);
    }

    /// Takes the oldest entry; null when there is none.
    ///
    /// # Safety
    /// The caller uses the processor.
    #[inline(always)]
    pub(crate) unsafe fn pop(&self) -> *mut T {
        let head = self.head.load(Relaxed);
        if head == self.tail.load(Relaxed) {
            return null_mut();
        }
        // SAFETY: as in `push`.
        let entry = self.used.with(|_| unsafe { *self.slots.get().add(head & self.mask.get()) });
        self.head.store(head.wrapping_add(1), Release);
        entry
    }

    /// The entry `n` places behind the oldest.
    ///
    /// # Safety
    /// The caller uses the processor.
    #[inline(always)]
    pub(crate) unsafe fn peek(&self, n: usize) -> Option<*mut T> {
        let head = self.head.load(Relaxed);
        if self.tail.load(Relaxed).wrapping_sub(head) <= n {
            return None;
        }
        let at = head.wrapping_add(n) & self.mask.get();
        // SAFETY: as in `push`; the entry is between head and tail.
        Some(self.used.with(|_| unsafe { *self.slots.get().add(at) }))
    }

    #[cold]
    unsafe fn grow(&self) {
        let (old_len, old) = (self.mask.get() + 1, self.slots.get());
        let new: *mut *mut T = allocate(old_len * 2);
        let (head, tail) = (self.head.load(Relaxed), self.tail.load(Relaxed));
        let mut i = head;
        while i != tail {
            // SAFETY: both indices are masked to their allocations.
            unsafe { *new.add(i & (old_len * 2 - 1)) = *old.add(i & (old_len - 1)) }
            i = i.wrapping_add(1);
        }
        self.used.with_mut(|_| {
            self.slots.set(new);
            self.mask.set(old_len * 2 - 1);
        });
        // SAFETY: `old` came from `allocate(old_len)`; nobody else reads slots.
        drop(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(old, old_len)) });
    }
}

#[cfg(all(test, not(loom)))]
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
                unsafe { ring.push(next as *mut u8) };
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

#[cfg(all(test, loom))]
mod loom_tests {
    use super::*;
    use crate::lease::Lease;
    use loom::sync::Arc;

    /// A processor that is nothing but its queue, and the lease of the worker that holds it.
    struct Shared {
        lease: Lease<Ring<u8>>,
        ring: Ring<u8>,
    }
    // SAFETY: the lease decides who may use the ring; loom checks it.
    unsafe impl Sync for Shared {}
    // SAFETY: as above.
    unsafe impl Send for Shared {}

    /// The holder pushes three and runs what it finds; a thief takes the processor and moves
    /// half of what it finds; a stranger looks at the length. Everyone runs exactly once.
    #[test]
    fn what_is_pushed_runs_once_whoever_takes_it() {
        gorge_base::sync::model_up_to(3, || {
            let s = Arc::new(Shared { lease: Lease::new(null_mut()), ring: Ring::new() });
            s.lease.assign(std::ptr::from_ref(&s.ring).cast_mut());
            s.lease.exit();
            let thief = {
                let s = s.clone();
                loom::thread::spawn(move || {
                    let mut taken = Vec::new();
                    assert!(s.ring.len() <= 3);
                    if let Some(lease) = s.lease.take(0) {
                        // SAFETY: the taker uses the processor.
                        let ring = unsafe { lease.processor().as_ref() };
                        for _ in 0..ring.len().div_ceil(2) {
                            // SAFETY: as above.
                            taken.push(unsafe { ring.pop() } as usize);
                        }
                        lease.give_back();
                    }
                    taken
                })
            };
            let enter = || {
                while !s.lease.try_enter() {
                    s.lease.wait_for_taker();
                }
            };
            let mut ran = Vec::new();
            for n in 1..=3usize {
                enter();
                // SAFETY: the holder, inside, uses the processor.
                unsafe { s.ring.push(n as *mut u8) };
                s.lease.exit();
            }
            loop {
                enter();
                // SAFETY: as above.
                let next = unsafe { s.ring.pop() } as usize;
                s.lease.exit();
                if next == 0 {
                    break;
                }
                ran.push(next);
            }
            assert!(ran.is_sorted());
            ran.extend(thief.join().unwrap());
            ran.sort_unstable();
            assert_eq!(ran, [1, 2, 3]);
        });
    }
}
