//! The lock of a shard: one byte, spun on.
//!
//! It is held for a few dozen instructions, or for one batch of firing, and only by
//! threads inside scheduler code, which nothing takes off their processor but
//! the system. Should the system do that, waiters stop spinning and
//! let the OS thread go.

use std::ops::{Deref, DerefMut};

use gorge_base::Backoff;
use gorge_base::sync::atomic::{AtomicBool, Ordering};
use gorge_base::sync::cell::UnsafeCell;

/// A value behind a spin lock.
pub(super) struct Lock<T> {
    locked: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: the value is reached only through a guard, of which there is at most
// one; whoever gets the next one sees what the last one did (acquire in
// `try_lock`, release in the guard's drop). What lies in it are pointers to
// nodes, valid on every thread.
unsafe impl<T> Send for Lock<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Lock<T> {}

impl<T> Lock<T> {
    pub(super) fn new(value: T) -> Lock<T> {
        Lock { locked: AtomicBool::new(false), value: UnsafeCell::new(value) }
    }

    pub(super) fn lock(&self) -> Guard<'_, T> {
        let mut backoff = Backoff::new();
        loop {
            if let Some(guard) = self.try_lock() {
                return guard;
            }
            backoff.wait();
            // Look without writing, so that waiters share the cache line. (To
            // loom a plain load may be stale for ever, an exchange may not.)
            while !cfg!(loom) && self.locked.load(Ordering::Relaxed) {
                backoff.wait();
            }
        }
    }

    pub(super) fn try_lock(&self) -> Option<Guard<'_, T>> {
        // Acquire: pairs with the release in `Guard::drop`.
        self.locked
            .compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
            .then(|| Guard { lock: self })
    }
}

/// The right to use the value, until it is dropped.
pub(super) struct Guard<'a, T> {
    lock: &'a Lock<T>,
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the lock is held.
        self.lock.value.with(|value| unsafe { &*value })
    }
}

impl<T> DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the lock is held, and the guard is borrowed mutably.
        self.lock.value.with_mut(|value| unsafe { &mut *value })
    }
}

impl<T> Drop for Guard<'_, T> {
    fn drop(&mut self) {
        // Release: pairs with the acquire in `try_lock`.
        self.lock.locked.store(false, Ordering::Release);
    }
}
