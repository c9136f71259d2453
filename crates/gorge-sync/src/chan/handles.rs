//! How many handles a side of a channel has.

use gorge_base::sync::atomic::{AtomicU32, Ordering};

/// More handles than this on one side end the program, before the count can
/// wrap and free a channel that is in use. Nobody gets here without leaking
/// handles.
const MOST: u32 = 1 << 30;

/// One fact that is kept beside the count.
const MARK: u32 = 1 << 31;

/// A count of handles, and a mark.
#[derive(Debug)]
#[repr(transparent)]
pub(super) struct Handles(AtomicU32);

impl Handles {
    /// One handle.
    pub(super) fn one(marked: bool) -> Self {
        Handles(AtomicU32::new(if marked { 1 | MARK } else { 1 }))
    }

    /// One more, by somebody who has one.
    #[inline]
    pub(super) fn add(&self) {
        // Relaxed: nothing can be freed meanwhile.
        if self.0.fetch_add(1, Ordering::Relaxed) & !MARK >= MOST {
            // Not a panic: it could be caught, and the count stays wrong.
            std::process::abort();
        }
    }

    /// Whether the caller's is the only one; a hint.
    pub(super) fn is_one(&self) -> bool {
        self.0.load(Ordering::Relaxed) & !MARK == 1
    }

    /// One fewer; true if it was the last.
    #[inline]
    #[must_use]
    pub(super) fn remove(&self) -> bool {
        // Release: what was done with this handle comes before the end.
        // Acquire, of the last: the end comes after what the others did.
        self.0.fetch_sub(1, Ordering::AcqRel) & !MARK == 1
    }

    /// By what tools know the count.
    pub(super) fn address(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }

    /// Sets the mark; false if it was set.
    #[must_use]
    pub(super) fn mark(&self) -> bool {
        // AcqRel: the second comes after what the first did before.
        self.0.fetch_or(MARK, Ordering::AcqRel) & MARK == 0
    }

    pub(super) fn is_marked(&self) -> bool {
        // Relaxed: set before the handle was made, or asked of oneself.
        self.0.load(Ordering::Relaxed) & MARK != 0
    }
}
