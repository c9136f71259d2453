//! The name by which whoever waits is known to whoever shall wake it.

use std::ptr::NonNull;

use crate::runtime::goroutine::G;

/// Whoever waits, as an opaque handle: a goroutine, or a plain OS thread.
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

    #[inline(always)]
    pub(crate) fn as_ptr(self) -> *mut G {
        self.0.as_ptr()
    }

    /// By what tools know who waits: see `gorge_base::probe`.
    #[doc(hidden)]
    #[inline(always)]
    pub fn address(self) -> usize {
        self.0.as_ptr() as usize
    }

    /// The number of the goroutine, or `None` for a plain thread.
    pub fn goroutine(self) -> Option<u64> {
        // SAFETY: records stay mapped for ever.
        let g = unsafe { self.0.as_ref() };
        g.is_goroutine().then(|| g.id())
    }
}

impl std::fmt::Debug for Task {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.goroutine() {
            Some(id) => write!(f, "Task(goroutine {id})"),
            None => write!(f, "Task(thread)"),
        }
    }
}
