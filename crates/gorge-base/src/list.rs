//! A first-in-first-out list of nodes that live elsewhere: on stacks of waiters, in records.
//!
//! Promise: pushing, popping and removing from the middle take a few stores and never allocate.
//!
//! Invariants:
//! * A node that is in no list has two null links; so has the only node of a list, and then it is
//!   the list's head. `linked(n) == (n.prev != null or head == n)` therefore needs no flag.
//! * The list holds only pointers: whoever links a node keeps it alive and in its place until it is
//!   popped or removed. Mutual exclusion is the business of the list's owner (`&mut self`).
//!
//! ```text
//!   head ---> A ---> B ---> C <--- tail
//!       null <- A <- B <- C -> null
//! ```

use core::fmt;
use core::ptr::{self, NonNull};

/// The two pointers of a node.
pub struct Links<T> {
    next: *mut T,
    prev: *mut T,
}

impl<T> Links<T> {
    /// Links of a node that is in no list.
    #[inline]
    pub const fn new() -> Self {
        Links { next: ptr::null_mut(), prev: ptr::null_mut() }
    }
}

impl<T> Default for Links<T> {
    fn default() -> Self {
        Links::new()
    }
}

impl<T> fmt::Debug for Links<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Links").field("next", &self.next).field("prev", &self.prev).finish()
    }
}

/// A node that carries [`Links`].
///
/// # Safety
/// [`Node::links`] always gives the same field inside the same node, and only lists touch it.
pub unsafe trait Node: Sized {
    /// Where the links of `node` are (`&raw mut (*node.as_ptr()).links`).
    ///
    /// # Safety
    /// `node` points to a live node.
    unsafe fn links(node: NonNull<Self>) -> NonNull<Links<Self>>;
}

/// A first-in-first-out list of nodes that live elsewhere.
///
/// # Examples
/// ```
/// use gorge_base::list::{Links, List, Node};
/// use std::ptr::NonNull;
///
/// struct Waiter { number: u32, links: Links<Waiter> }
/// // SAFETY: always the field `links` of that waiter, which nothing else touches.
/// unsafe impl Node for Waiter {
///     unsafe fn links(node: NonNull<Self>) -> NonNull<Links<Self>> {
///         // SAFETY: the caller's node is live.
///         unsafe { NonNull::new_unchecked(&raw mut (*node.as_ptr()).links) }
///     }
/// }
///
/// let mut waiter = Waiter { number: 1, links: Links::new() };
/// let mut queue = List::new();
/// // SAFETY: the waiter outlives its stay in the queue and is in no other.
/// unsafe { queue.push_back(NonNull::from(&mut waiter)) };
/// let first = queue.pop_front().unwrap();
/// // SAFETY: it is the waiter above.
/// assert_eq!(unsafe { first.as_ref() }.number, 1);
/// ```
pub struct List<T: Node> {
    head: *mut T,
    tail: *mut T,
}

// SAFETY: a list is two pointers; its nodes move with it exactly when they may be sent.
unsafe impl<T: Node + Send> Send for List<T> {}

impl<T: Node> List<T> {
    /// The empty list.
    #[inline]
    pub const fn new() -> Self {
        List { head: ptr::null_mut(), tail: ptr::null_mut() }
    }

    /// Whether there is no node.
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.head.is_null()
    }

    /// The node that has waited longest.
    #[inline]
    pub const fn front(&self) -> Option<NonNull<T>> {
        NonNull::new(self.head)
    }

    /// The node behind `node`, for a walk through the list.
    ///
    /// # Safety
    /// `node` is in this list.
    #[inline]
    pub unsafe fn after(&self, node: NonNull<T>) -> Option<NonNull<T>> {
        // SAFETY: nodes of a list are alive (contract of `push_back`).
        NonNull::new(unsafe { (*T::links(node).as_ptr()).next })
    }

    /// Appends a node.
    ///
    /// # Safety
    /// `node` is live, in no list, and stays live and in its place until it is popped or removed.
    #[inline]
    pub unsafe fn push_back(&mut self, node: NonNull<T>) {
        // SAFETY: the caller's node is live; `tail` is a node of this list and so alive too.
        unsafe {
            (*T::links(node).as_ptr()).prev = self.tail;
            match NonNull::new(self.tail) {
                Some(last) => (*T::links(last).as_ptr()).next = node.as_ptr(),
                None => self.head = node.as_ptr(),
            }
        }
        self.tail = node.as_ptr();
    }

    /// Takes the node that has waited longest.
    #[inline]
    pub fn pop_front(&mut self) -> Option<NonNull<T>> {
        let first = NonNull::new(self.head)?;
        // SAFETY: nodes of a list are alive (contract of `push_back`).
        unsafe {
            let links = T::links(first).as_ptr();
            self.head = (*links).next;
            (*links).next = ptr::null_mut();
            match NonNull::new(self.head) {
                Some(second) => (*T::links(second).as_ptr()).prev = ptr::null_mut(),
                None => self.tail = ptr::null_mut(),
            }
        }
        Some(first)
    }

    /// Takes `node` out from wherever it is; false when it is in no list.
    ///
    /// # Safety
    /// `node` is live, and either in this list or in none.
    #[inline]
    pub unsafe fn remove(&mut self, node: NonNull<T>) -> bool {
        // SAFETY: the node is live by contract, its neighbours because they are in the list.
        unsafe {
            let links = T::links(node).as_ptr();
            let (prev, next) = ((*links).prev, (*links).next);
            match NonNull::new(prev) {
                Some(prev) => (*T::links(prev).as_ptr()).next = next,
                None if self.head == node.as_ptr() => self.head = next,
                None => return false,
            }
            match NonNull::new(next) {
                Some(next) => (*T::links(next).as_ptr()).prev = prev,
                None => self.tail = prev,
            }
            *links = Links::new();
        }
        true
    }
}

impl<T: Node> Default for List<T> {
    fn default() -> Self {
        List::new()
    }
}

impl<T: Node> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("List").field("head", &self.head).field("tail", &self.tail).finish()
    }
}

#[cfg(test)]
mod tests;
