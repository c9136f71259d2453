//! The lock of a queue: one byte, taken by an exchange, released by a plain
//! store, spun on.
//!
//! Promise: one locked instruction when nobody contends. Nobody holds it longer
//! than moving one value takes, and nobody parks, wakes, or runs a user's code
//! while holding it; so a spinning contender waits for instructions, not for
//! goroutines. (The system may take the holder off its processor: then
//! contenders let their OS threads go.)
//!
//! Rejected: a compare-and-swap (no cheaper, and it fails for nothing when the
//! line is contended); a queue lock (a second locked instruction to release, and no better
//! for critical sections this short); the mutex of std (may block the thread, and
//! is released by an exchange).

#[cfg(not(loom))]
pub(crate) use spin::{Held, Lock};

#[cfg(loom)]
pub(crate) use model::{Held, Lock};

#[cfg(not(loom))]
mod spin {
    use gorge_base::Backoff;
    use gorge_base::sync::atomic::{AtomicU8, Ordering};

    /// How long a contender pauses at most between two looks at the lock. Longer
    /// pauses let the holder keep the line for more operations in a row; measured
    /// with four senders and four receivers on two processors, 256 is best.
    const PAUSES: u32 = 256;

    /// See the top of the file.
    #[derive(Debug)]
    #[repr(transparent)]
    pub(crate) struct Lock(AtomicU8);

    /// The lock is held until this is dropped.
    #[derive(Debug)]
    #[must_use]
    pub(crate) struct Held<'a>(&'a Lock);

    impl Lock {
        pub(crate) fn new() -> Self {
            Lock(AtomicU8::new(0))
        }

        #[inline(always)]
        pub(crate) fn lock(&self) -> Held<'_> {
            if !self.try_lock() {
                self.lock_slow();
            }
            Held(self)
        }

        #[inline(always)]
        fn try_lock(&self) -> bool {
            // Acquire: pairs with the release store in `Held::drop`.
            self.0.swap(1, Ordering::Acquire) == 0
        }

        #[cold]
        #[inline(never)]
        fn lock_slow(&self) {
            let mut backoff = Backoff::up_to(PAUSES);
            loop {
                // Look without writing, so that waiters share the cache line.
                while self.0.load(Ordering::Relaxed) != 0 {
                    backoff.wait();
                }
                if self.try_lock() {
                    return;
                }
            }
        }
    }

    impl Drop for Held<'_> {
        #[inline(always)]
        fn drop(&mut self) {
            // Release: pairs with the acquire exchange in `try_lock`. A plain
            // store is enough, because only the holder gets here.
            self.0.0.store(0, Ordering::Release);
        }
    }
}

/// Under loom a lock that blocks: two threads that spin on what a third holds
/// would be followed for ever.
#[cfg(loom)]
mod model {
    use gorge_base::sync::{Mutex, MutexGuard};

    #[derive(Debug)]
    pub(crate) struct Lock(Mutex<()>);

    #[derive(Debug)]
    #[must_use]
    pub(crate) struct Held<'a>(#[allow(dead_code)] MutexGuard<'a, ()>);

    impl Lock {
        pub(crate) fn new() -> Self {
            Lock(Mutex::new(()))
        }

        pub(crate) fn lock(&self) -> Held<'_> {
            Held(self.0.lock().unwrap())
        }
    }
}
