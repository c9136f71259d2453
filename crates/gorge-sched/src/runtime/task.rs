//! The name by which whoever waits is known to whoever shall wake it.

use std::ptr::NonNull;

use crate::listener::{self, Listener};
use crate::runtime::goroutine::G;

/// Whoever waits, as an opaque handle: a goroutine, a plain OS thread, or a [`Listener`].
///
/// Made by [`Parking::task`](crate::Parking::task), given to whoever shall
/// wake it, spent by exactly one [`ready`](crate::ready).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Task(NonNull<G>);

// SAFETY: a Task is only a name. What may be done with it (`ready`, once per
// park) is an unsafe call with its own conditions.
unsafe impl Send for Task {}
// SAFETY: as above.
unsafe impl Sync for Task {}

impl Task {
    #[inline(always)]
    pub(crate) fn new(g: *mut G) -> Task {
        debug_assert!(!g.is_null());
        // SAFETY: records are never null; every caller passes a live record.
        Task(unsafe { NonNull::new_unchecked(g) })
    }

    /// Somebody else, who is told in a way of their own when [`ready`](crate::ready) is called.
    ///
    /// # Safety
    /// The listener stays alive, and where it is, until it is told or the task is forgotten.
    pub unsafe fn listener(listener: NonNull<Listener>) -> Task {
        Task(listener::mark(listener))
    }

    /// The listener, if it is one.
    #[inline(always)]
    pub(crate) fn as_listener(self) -> Option<NonNull<Listener>> {
        listener::marked(self.0)
    }

    /// The record of a goroutine or thread.
    #[inline(always)]
    pub(crate) fn as_ptr(self) -> *mut G {
        debug_assert!(self.as_listener().is_none());
        self.0.as_ptr()
    }

    /// By what tools know who waits: see `gorge_base::probe`.
    #[doc(hidden)]
    #[inline(always)]
    pub fn address(self) -> usize {
        self.0.as_ptr() as usize
    }

    /// The number of the goroutine, or `None` for anybody else.
    pub fn goroutine(self) -> Option<u64> {
        if self.as_listener().is_some() {
            return None;
        }
        // SAFETY: records stay mapped for ever.
        let g = unsafe { self.0.as_ref() };
        g.is_goroutine().then(|| g.id())
    }
}

impl std::fmt::Debug for Task {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.goroutine() {
            Some(id) => write!(f, "Task(goroutine {id})"),
            None if self.as_listener().is_some() => write!(f, "Task(listener)"),
            None => write!(f, "Task(thread)"),
        }
    }
}
