//! The list's entries: who waits for a condition, and whether it may go on.

use std::ptr::NonNull;

use gorge_base::list::{Links, Node};
use gorge_base::sync::atomic::AtomicBool;

use crate::wait::{Queue, Waker};

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

/// What became of an entry that was taken out of the list.
pub(super) enum Taken {
    /// Its owner parks, and is to be woken.
    Parked(Waker),
    /// Its owner has not parked yet, and will find the mark.
    Marked,
    /// Its owner's time was over: it will say so, and needs no signal.
    TimedOut,
}
