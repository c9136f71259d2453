//! The order of timers: a heap of four children per parent.
//!
//! Promise: the earliest timer is at the root; adding, removing and changing
//! one cost O(log n), also in the middle, because each node knows its place.
//!
//! ```text
//!   entries:  [ when, node ]  16 bytes; four siblings fill one cache line
//!
//!                      0
//!          1       2       3       4
//!       5 6 7 8  9 ...                      parent(i) = (i - 1) / 4
//! ```
//!
//! Invariants:
//! - No entry is earlier than its parent.
//! - For every index `i`, the node of entry `i` says that its position is `i`.
//! - The deadline lies in the entry, not behind the pointer: sifting compares
//!   without touching nodes, and touches only those that it moves.
//!
//! Nothing here is about threads: a heap is reached through the lock of its
//! shard only. Nor about timers: a node is anything that keeps its position.

use std::ptr::NonNull;

/// The deadline of no timer: that of an empty heap.
pub const NEVER: u64 = u64::MAX;

/// Children per parent. Four make the tree half as deep as two, and a family
/// is one cache line.
const CHILDREN: usize = 4;

/// Below this capacity memory is never given back.
const KEEP: usize = 1024;

/// What a heap is a heap of: something that remembers where in the heap it is.
///
/// # Safety
/// The position is the one that the heap has set last.
pub(super) unsafe trait Positioned {
    fn set_position(&self, position: usize);
    #[cfg(all(test, not(loom)))]
    fn position(&self) -> usize;
}

struct Entry<N> {
    when: u64,
    node: NonNull<N>,
}

impl<N> Clone for Entry<N> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<N> Copy for Entry<N> {}

/// A heap of nodes, the earliest first.
pub(super) struct Heap<N> {
    entries: Vec<Entry<N>>,
}

impl<N: Positioned> Heap<N> {
    pub(super) const fn new() -> Heap<N> {
        Heap { entries: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The earliest node and its deadline.
    pub(super) fn first(&self) -> Option<(u64, NonNull<N>)> {
        self.entries.first().map(|entry| (entry.when, entry.node))
    }

    /// The earliest of those whose nodes do not lie at these addresses. Looks at all.
    #[cfg(not(loom))]
    pub(super) fn first_but(&self, nodes: &[usize]) -> Option<(u64, NonNull<N>)> {
        let others =
            self.entries.iter().filter(|entry| !nodes.contains(&(entry.node.as_ptr() as usize)));
        others.min_by_key(|entry| entry.when).map(|entry| (entry.when, entry.node))
    }

    /// The earliest deadline, [`NEVER`] when there is none.
    pub(super) fn first_when(&self) -> u64 {
        self.entries.first().map_or(NEVER, |entry| entry.when)
    }

    /// Adds a node.
    ///
    /// # Safety
    /// The node is in no heap, and stays valid until it is removed.
    pub(super) unsafe fn push(&mut self, when: u64, node: NonNull<N>) {
        let entry = Entry { when, node };
        self.entries.push(entry);
        self.sift_up(self.entries.len() - 1, entry);
    }

    /// Takes the entry at `position` out and gives its node.
    pub(super) fn remove(&mut self, position: usize) -> NonNull<N> {
        let removed = self.entries.swap_remove(position);
        // The last entry has taken its place; it may belong above or below.
        if let Some(&moved) = self.entries.get(position) {
            self.settle(position, moved);
        }
        self.give_back();
        removed.node
    }

    /// Gives the entry at `position` another deadline.
    pub(super) fn change(&mut self, position: usize, when: u64) {
        let node = self.entries[position].node;
        self.settle(position, Entry { when, node });
    }

    /// Puts `entry` at `position`, or where it belongs above or below.
    fn settle(&mut self, position: usize, entry: Entry<N>) {
        if position > 0 && entry.when < self.entries[parent(position)].when {
            self.sift_up(position, entry);
        } else {
            self.sift_down(position, entry);
        }
    }

    /// Carries the hole at `hole` up until `entry` fits in.
    fn sift_up(&mut self, mut hole: usize, entry: Entry<N>) {
        while hole > 0 {
            let above = parent(hole);
            if self.entries[above].when <= entry.when {
                break;
            }
            self.place(hole, self.entries[above]);
            hole = above;
        }
        self.place(hole, entry);
    }

    /// Carries the hole at `hole` down until `entry` fits in.
    fn sift_down(&mut self, mut hole: usize, entry: Entry<N>) {
        loop {
            let first_child = hole * CHILDREN + 1;
            let family = self.entries.get(first_child..).unwrap_or(&[]);
            let family = &family[..family.len().min(CHILDREN)];
            let Some((nth, &least)) = family.iter().enumerate().min_by_key(|(_, e)| e.when) else {
                break;
            };
            if entry.when <= least.when {
                break;
            }
            self.place(hole, least);
            hole = first_child + nth;
        }
        self.place(hole, entry);
    }

    /// Writes `entry` to `position` and tells its node.
    fn place(&mut self, position: usize, entry: Entry<N>) {
        self.entries[position] = entry;
        // SAFETY: nodes in the heap are valid, by the contract of `push`.
        unsafe { entry.node.as_ref() }.set_position(position);
    }

    /// After a million timers, a few hundred need not keep the memory of a million.
    fn give_back(&mut self) {
        let capacity = self.entries.capacity();
        if capacity > KEEP && self.entries.len() < capacity / 8 {
            self.entries.shrink_to(capacity / 4);
        }
    }

    /// Panics unless the invariants hold.
    #[cfg(all(test, not(loom)))]
    pub(super) fn check(&self) {
        for (i, entry) in self.entries.iter().enumerate() {
            // SAFETY: as in `place`.
            let node = unsafe { entry.node.as_ref() };
            assert_eq!(node.position(), i, "a node knows its place");
            if i > 0 {
                assert!(self.entries[parent(i)].when <= entry.when, "a parent is not later");
            }
        }
    }
}

fn parent(position: usize) -> usize {
    (position - 1) / CHILDREN
}
