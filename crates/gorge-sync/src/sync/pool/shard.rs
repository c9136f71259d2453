//! What one processor keeps.
//!
//! ```text
//!   put --> fresh ---- a generation later ----> old ---- another one ----> dropped
//!             |                                  |
//!   get <-----'<-------- when that is empty -----'
//! ```
//!
//! Invariant: a value that nobody gets lies here for more than one generation
//! and no longer than two: so one burst of use does not empty what the next
//! one needs, and nothing is kept for ever. Values are dropped, and room is
//! made, outside the lock as far as possible.

use gorge_base::probe;
use gorge_base::sync::cell::UnsafeCell;

use crate::wait::Lock;

/// What one processor keeps.
#[derive(Debug)]
pub(super) struct Shard<T> {
    lock: Lock,
    kept: UnsafeCell<Kept<T>>,
}

#[derive(Debug)]
struct Kept<T> {
    fresh: Vec<T>,
    old: Vec<T>,
    /// Goes up with each `put`.
    puts: u32,
}

// SAFETY: what is kept is used under the lock only; values move between threads.
unsafe impl<T: Send> Sync for Shard<T> {}
// SAFETY: the values move with it.
unsafe impl<T: Send> Send for Shard<T> {}

impl<T> Shard<T> {
    pub(super) fn new() -> Self {
        let kept = Kept { fresh: Vec::new(), old: Vec::new(), puts: 0 };
        Shard { lock: Lock::new(), kept: UnsafeCell::new(kept) }
    }

    #[inline]
    fn with<R>(&self, f: impl FnOnce(&mut Kept<T>) -> R) -> R {
        let _held = self.lock.lock();
        // SAFETY: the lock is held.
        self.kept.with_mut(|kept| f(unsafe { &mut *kept }))
    }

    /// Keeps a value; tells how many were kept here before, in all times.
    #[inline]
    pub(super) fn put(&self, value: T) -> u32 {
        self.with(|kept| {
            probe::release(std::ptr::from_ref(self) as usize);
            kept.fresh.push(value);
            kept.puts = kept.puts.wrapping_add(1);
            kept.puts
        })
    }

    /// The value that was put here last, if there is one.
    #[inline]
    pub(super) fn get(&self) -> Option<T> {
        self.with(|kept| {
            probe::acquire(std::ptr::from_ref(self) as usize);
            kept.fresh.pop().or_else(|| kept.old.pop())
        })
    }

    /// A generation is over: what was old already is given to the caller, to drop.
    pub(super) fn age(&self) -> Vec<T> {
        self.with(|kept| {
            let fresh = std::mem::take(&mut kept.fresh);
            std::mem::replace(&mut kept.old, fresh)
        })
    }

    pub(super) fn len(&self) -> usize {
        self.with(|kept| kept.fresh.len() + kept.old.len())
    }
}
