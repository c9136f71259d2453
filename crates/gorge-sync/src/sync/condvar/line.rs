//! Those who wait for a condition, in the order in which they came.

use std::ptr::NonNull;

use gorge_base::list::{Links, List, Node};
use gorge_base::probe;
use gorge_base::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use gorge_base::sync::cell::UnsafeCell;
use gorge_sched::Place;

use crate::wait::{Batch, Lock, Outcome, Queue, Waiter, Waker};

/// The list of those who wait.
pub(super) struct Line {
    /// How many entries the list has.
    waiting: AtomicU32,
    pub(super) lock: Lock,
    entries: UnsafeCell<List<Entry>>,
}

// SAFETY: the list is used under `lock` only.
unsafe impl Send for Line {}
// SAFETY: as above.
unsafe impl Sync for Line {}

impl Line {
    const_unless_loom! {
        pub(super) const fn new() -> Self {
            Line {
                waiting: AtomicU32::new(0),
                lock: Lock::new(),
                entries: UnsafeCell::new(List::new()),
            }
        }
    }

    /// How many wait, as a hint.
    #[inline(always)]
    pub(super) fn len(&self) -> u32 {
        // Relaxed: a wait that comes before a signal, by way of the mutex, is
        // seen; one that does not need not be.
        self.waiting.load(Ordering::Relaxed)
    }

    /// Puts an entry at the end.
    ///
    /// # Safety
    /// The entry stays in place until it was signalled, or taken out by [`remove`](Line::remove).
    pub(super) unsafe fn push(&self, entry: NonNull<Entry>) {
        let _held = self.lock.lock();
        // SAFETY: the lock is held; the rest is the caller's promise.
        self.entries.with_mut(|entries| unsafe { (*entries).push_back(entry) });
        self.waiting.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes an entry out that may be there still.
    ///
    /// # Safety
    /// The lock is held, the entry is alive, and in this list or in none.
    pub(super) unsafe fn remove(&self, entry: NonNull<Entry>) {
        // SAFETY: as the caller says.
        let linked = self.entries.with_mut(|entries| unsafe { (*entries).remove(entry) });
        if linked {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        }
    }

    #[cold]
    pub(super) fn signal_slow(&self) {
        let held = self.lock.lock();
        // SAFETY: the lock is held.
        let waker = unsafe { self.take_first() };
        drop(held);
        waker.wake(Place::Next);
    }

    #[cold]
    pub(super) fn broadcast_slow(&self) {
        let batch = Batch::new();
        let held = self.lock.lock();
        // SAFETY: the lock is held; who is popped was won.
        unsafe {
            while let Some(entry) = self.pop_entry() {
                match parked(entry).pop() {
                    Some(waiter) => batch.push(waiter),
                    // Release: pairs with the acquire in `is_signalled`.
                    None => mark(entry).store(true, Ordering::Release),
                }
            }
        }
        drop(held);
        batch.wake(Place::Tail);
    }

    /// # Safety
    /// The lock is held.
    unsafe fn pop_entry(&self) -> Option<NonNull<Entry>> {
        // SAFETY: the lock is held.
        let entry = self.entries.with_mut(|entries| unsafe { (*entries).pop_front() })?;
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        // Whether it is signalled or its time was over: then it does not matter.
        probe::release_empty(entry.as_ptr() as usize);
        Some(entry)
    }

    /// Signals the first.
    ///
    /// # Safety
    /// The lock is held.
    unsafe fn take_first(&self) -> Waker {
        // SAFETY: the lock is held; linked entries are alive, and this one until
        // it is marked or woken. (Its owner, if it was woken by something else, first takes the lock.)
        unsafe {
            let Some(entry) = self.pop_entry() else { return Waker::NOBODY };
            match parked(entry).pop() {
                Some(waiter) => Waiter::settle(waiter, Outcome::Done),
                None => {
                    // Release: pairs with the acquire in `is_signalled`.
                    mark(entry).store(true, Ordering::Release);
                    Waker::NOBODY
                }
            }
        }
    }
}

/// Somebody who waits.
pub(super) struct Entry {
    links: Links<Entry>,
    /// It may go on.
    signalled: AtomicBool,
    /// Its owner, while parked.
    parked: Queue,
}

// SAFETY: always the field `links` of that entry, which nothing else touches.
unsafe impl Node for Entry {
    unsafe fn links(node: NonNull<Self>) -> NonNull<Links<Self>> {
        // SAFETY: the caller's node is alive.
        unsafe { NonNull::new_unchecked(&raw mut (*node.as_ptr()).links) }
    }
}

impl Entry {
    pub(super) fn new() -> Entry {
        Entry { links: Links::new(), signalled: AtomicBool::new(false), parked: Queue::new() }
    }
}

// The two fields below are reached by themselves: the links beside them
// belong to the list, and are written while the owner looks.

/// # Safety
/// The entry is alive.
pub(super) unsafe fn mark<'a>(entry: NonNull<Entry>) -> &'a AtomicBool {
    // SAFETY: as the caller says.
    unsafe { &(*entry.as_ptr()).signalled }
}

/// # Safety
/// The entry is alive.
pub(super) unsafe fn parked<'a>(entry: NonNull<Entry>) -> &'a Queue {
    // SAFETY: as the caller says.
    unsafe { &(*entry.as_ptr()).parked }
}
