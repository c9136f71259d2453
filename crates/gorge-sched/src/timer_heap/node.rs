//! One timer: a small record inside whatever wants to be told the time.
//!
//! Promise: arming a timer allocates nothing. The node lies on a sleeper's
//! stack or inside a timer object; the heap holds its address and the node
//! holds its place in the heap.
//!
//! Invariants:
//! - `home` is the shard the node is armed in (whose type is above this file), or null. It becomes non-null
//!   only under that shard's lock, by a compare-and-swap that decides between
//!   threads arming one node at once; it becomes null again only under that
//!   lock.
//! - `position` is the node's index in the heap of `home`. It is read and
//!   written only under the lock of `home`.
//! - While `home` is not null the heap may touch the node; once it is seen
//!   null (with acquire), nobody does. A node's memory may therefore end only
//!   after `disarm` has returned or its own fire function has called
//!   [`Fired::done`].

use std::fmt;
use std::marker::PhantomPinned;
use std::ptr::NonNull;

use gorge_base::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use super::heap::{Heap, Positioned};

/// What happens when a node's time has come. It gets the node as a [`Fired`],
/// which it must turn into the [`Settled`] that it returns, and the context
/// `F` of whoever runs the timers.
///
/// It runs **under the lock of the shard**: it must not arm or disarm timers,
/// run user code, block or unwind. It may take locks that are never held while
/// timers are armed or disarmed.
///
/// # Safety
///
/// The heap calls it with a node made by [`Node::new`] with this function,
/// whose memory is valid until the node is settled as done.
pub type Fire<F> = unsafe fn(Fired<'_, F>, &F) -> Settled;

/// A timer, to be placed inside the record that its fire function finds around it.
pub struct Node<F> {
    pub(super) home: AtomicPtr<()>,
    position: AtomicUsize,
    pub(super) fire: Fire<F>,
    _pinned: PhantomPinned,
}

// SAFETY: the fields are atomics and a function pointer; what `F` is does not
// matter, since a node holds none.
unsafe impl<F> Send for Node<F> {}
// SAFETY: as above.
unsafe impl<F> Sync for Node<F> {}

impl<F> Node<F> {
    /// A node that is not armed.
    #[must_use]
    pub fn new(fire: Fire<F>) -> Node<F> {
        Node {
            home: AtomicPtr::new(std::ptr::null_mut()),
            position: AtomicUsize::new(0),
            fire,
            _pinned: PhantomPinned,
        }
    }

    /// Where in the heap of its home the node is, under that shard's lock.
    pub(super) fn place(&self) -> usize {
        // Relaxed: see above.
        self.position.load(Ordering::Relaxed)
    }

    /// Whether the node is armed, or firing. Only a hint unless the caller
    /// keeps others from arming and disarming it.
    #[must_use]
    pub fn is_armed(&self) -> bool {
        !self.home.load(Ordering::Acquire).is_null()
    }
}

// SAFETY: nothing else writes the position.
unsafe impl<F> Positioned for Node<F> {
    fn set_position(&self, position: usize) {
        // Relaxed: under the shard's lock only.
        self.position.store(position, Ordering::Relaxed);
    }

    #[cfg(all(test, not(loom)))]
    fn position(&self) -> usize {
        self.place()
    }
}

impl<F> Drop for Node<F> {
    fn drop(&mut self) {
        debug_assert!(!self.is_armed(), "a timer node ended while it was armed");
    }
}

impl<F> fmt::Debug for Node<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node").field("armed", &self.is_armed()).finish_non_exhaustive()
    }
}

/// A node whose time has come and which has not been settled: at the root of
/// its heap, the shard's lock held.
///
/// It is settled by value, so no fire function can do it twice or forget it.
#[must_use = "a fired node must be settled: done or again"]
pub struct Fired<'a, F> {
    node: NonNull<Node<F>>,
    due: u64,
    heap: &'a mut Heap<Node<F>>,
}

impl<'a, F> Fired<'a, F> {
    /// `node` is at the root of `heap`, due at `due`.
    pub(super) fn new(
        node: NonNull<Node<F>>,
        due: u64,
        heap: &'a mut Heap<Node<F>>,
    ) -> Fired<'a, F> {
        Fired { node, due, heap }
    }

    /// The node, to find the record around it.
    #[must_use]
    pub fn node(&self) -> NonNull<Node<F>> {
        self.node
    }

    /// The time the node was armed for; not later than now.
    #[must_use]
    pub fn due(&self) -> u64 {
        self.due
    }

    /// The node is done. From here on its memory belongs to its owner alone,
    /// who may already be ending it on another thread: whatever the fire
    /// function still needs it must have copied out before. So this comes
    /// *before* waking the owner.
    pub fn done(self) -> Settled {
        self.heap.remove(0);
        // SAFETY: armed until the store below, hence still valid.
        let node = unsafe { self.node.as_ref() };
        // Release: pairs with the acquire load in `disarm`, after which the
        // owner frees the node; everything done to it here comes before.
        node.home.store(std::ptr::null_mut(), Ordering::Release);
        Settled(())
    }

    /// The node stays armed, for `when`.
    pub fn again(self, when: u64) -> Settled {
        self.heap.change(0, when);
        Settled(())
    }
}

impl<F> fmt::Debug for Fired<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fired").field("due", &self.due).finish_non_exhaustive()
    }
}

/// Proof that a fired node was settled; only `Fired::done` and `Fired::again`
/// make one.
#[derive(Debug)]
pub struct Settled(());
