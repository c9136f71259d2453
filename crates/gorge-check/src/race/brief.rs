//! A lock for a few instructions: one atomic operation to take it, a plain store to let go.
//!
//! The detector takes two locks for each operation on a channel; that is most of what it costs. These are held so
//! shortly that nobody meets anybody as a rule; who does lets the thread of the other run.

use std::cell::UnsafeCell;
use std::hint::spin_loop;
use std::ops::{Deref, DerefMut};

use gorge_base::atomic::{
    AtomicBool,
    Ordering::{Acquire, Relaxed, Release},
};

/// So often it is looked at before the thread lets others run.
const LOOKS: u32 = 64;

#[derive(Debug)]
pub(super) struct Brief<T> {
    held: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: one at a time uses the value, under the lock.
unsafe impl<T: Send> Sync for Brief<T> {}

/// The lock is held until this is dropped.
#[derive(Debug)]
pub(super) struct Held<'a, T>(&'a Brief<T>);

// SAFETY: what it lends is a `&mut T`; that needs no more of whoever shares a `&Held` than `T: Sync`.
unsafe impl<T: Sync> Sync for Held<'_, T> {}

impl<T> Brief<T> {
    pub(super) const fn new(value: T) -> Self {
        Brief { held: AtomicBool::new(false), value: UnsafeCell::new(value) }
    }

    #[inline]
    pub(super) fn lock(&self) -> Held<'_, T> {
        // Acquire: pairs with the release of who let go.
        if self.held.compare_exchange_weak(false, true, Acquire, Relaxed).is_err() {
            self.lock_slow();
        }
        Held(self)
    }

    #[cold]
    fn lock_slow(&self) {
        let mut looks = 0;
        while self.held.load(Relaxed) || self.held.swap(true, Acquire) {
            looks += 1;
            if looks % LOOKS == 0 {
                std::thread::yield_now();
            }
            spin_loop();
        }
    }
}

impl<T> Deref for Held<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the lock is held.
        unsafe { &*self.0.value.get() }
    }
}

impl<T> DerefMut for Held<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the lock is held, and this is the only way to the value.
        unsafe { &mut *self.0.value.get() }
    }
}

impl<T> Drop for Held<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.0.held.store(false, Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time() {
        let n = Brief::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..10_000).for_each(|_| *n.lock() += 1));
            }
        });
        assert_eq!(*n.lock(), 40_000);
    }

    #[test]
    fn a_panic_lets_go() {
        let n = Brief::new(1);
        let held = std::panic::AssertUnwindSafe(&n);
        let panicked = std::panic::catch_unwind(move || {
            let _held = held.lock();
            panic!("with the lock");
        });
        assert!(panicked.is_err() && *n.lock() == 1);
    }
}
