//! Who is below a context: a list through the children themselves, which costs no memory of its own.
//!
//! Invariants, all under the parent's lock:
//! - A child in the list has not left (see [`Leave`]): before it does, it takes itself out, or finds
//!   that the list was emptied for good.
//! - `next` of a child is the one after it, `prev` the one before it; none: it is the last, or the
//!   first or in no list.

use gorge_base::atomic::{AtomicPtr, Ordering};

use super::kept::{Kept, Leave, Plain};

/// What each child has for its parent's list. Written and read under the parent's lock, so Relaxed is enough.
#[derive(Default)]
pub(super) struct Links {
    prev: AtomicPtr<()>,
    next: AtomicPtr<()>,
}

/// Whoever has links.
pub(super) trait Child: Leave + Sized {
    fn links(&self) -> &Links;
}

/// The first of the list.
pub(super) struct Children<T> {
    first: Option<Plain<T>>,
    len: usize,
}

impl<T> Default for Children<T> {
    fn default() -> Self {
        Children { first: None, len: 0 }
    }
}

fn load<T: Child>(link: &AtomicPtr<()>) -> Option<Plain<T>> {
    // SAFETY: the links of a `T` are only set here, to others of its kind.
    unsafe { Plain::from_raw(link.load(Ordering::Relaxed)) }
}

fn store<T: Child>(link: &AtomicPtr<()>, to: Option<Plain<T>>) {
    link.store(Plain::into_raw(to), Ordering::Relaxed);
}

impl<T: Child> Children<T> {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Puts a child in front.
    ///
    /// # Safety
    /// Before the child leaves it is [taken out](Self::take), or the list is [emptied](Self::empty) and not used any more.
    pub(super) unsafe fn put(&mut self, child: &Kept<T>) {
        store(&child.links().next, self.first);
        if let Some(first) = self.first {
            // SAFETY: it is in the list, so it has not left, and cannot while the caller has the list.
            store(unsafe { &first.get().links().prev }, Some(child.plain()));
        }
        self.first = Some(child.plain());
        self.len += 1;
    }

    /// Takes a child out, if it is in the list.
    pub(super) fn take(&mut self, child: &T) {
        let (prev, next) = (load::<T>(&child.links().prev), load::<T>(&child.links().next));
        match prev {
            // SAFETY: it is in the list, so it has not left, and cannot while the caller has the list.
            Some(prev) => store(unsafe { &prev.get().links().next }, next),
            None if self.first.is_some_and(|first| first.is(child)) => self.first = next,
            None => return,
        }
        if let Some(next) = next {
            // SAFETY: as above.
            store(unsafe { &next.get().links().prev }, prev);
        }
        store::<T>(&child.links().prev, None);
        store::<T>(&child.links().next, None);
        self.len -= 1;
    }

    /// Empties the list, and calls `f` with each that was in it. A child may leave once `f` was called with it, but not before.
    pub(super) fn empty(&mut self, mut f: impl FnMut(Plain<T>)) {
        self.len = 0;
        let mut next = self.first.take();
        while let Some(child) = next {
            // SAFETY: it was in the list, and waits for the lock before it leaves; or for `f`.
            next = load(unsafe { &child.get().links().next });
            f(child);
        }
    }
}
