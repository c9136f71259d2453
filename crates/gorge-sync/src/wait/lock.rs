//! The lock of a queue: one word, taken by an exchange, released by a plain
//! store, spun on.
//!
//! Promise: one locked instruction when nobody contends. Nobody holds it longer
//! than moving one value takes, and nobody parks, wakes, or runs a user's code
//! while holding it; so a spinning contender waits for instructions, not for
//! goroutines. (The system may take the holder off its processor: then
//! contenders let their OS threads go.)
//!
//! Channels have a [`BiasedLock`](gorge_sched::BiasedLock) instead, which costs less than that
//! where one worker has the channel for itself; what is behind this lock is not used as often.
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
    use gorge_base::sync::atomic::{AtomicU32, Ordering};

    const FREE: u32 = 0;
    const LOCKED: u32 = 1;

    /// How long a contender pauses at most between two looks at the lock: see the other lock.
    const PAUSES: u32 = 256;

    /// See the top of the file.
    #[derive(Debug)]
    #[repr(transparent)]
    pub(crate) struct Lock(AtomicU32);

    /// The lock is held until this is dropped.
    #[derive(Debug)]
    #[must_use]
    pub(crate) struct Held<'a>(&'a Lock);

    impl Lock {
        pub(crate) const fn new() -> Self {
            Lock(AtomicU32::new(FREE))
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
            self.0.swap(LOCKED, Ordering::Acquire) == FREE
        }

        #[cold]
        #[inline(never)]
        fn lock_slow(&self) {
            let mut backoff = Backoff::up_to(PAUSES);
            loop {
                // Look without writing, so that waiters share the cache line.
                while self.0.load(Ordering::Relaxed) == LOCKED {
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
            // Release: pairs with the acquire in `try_lock`. A plain store is
            // enough, because only the holder gets here.
            self.0.0.store(FREE, Ordering::Release);
        }
    }
}

/// Under loom a lock that blocks: two threads that spin on what a third holds
/// would be followed for ever. It stands for the biased lock of channels too, which is
/// explored by itself, and has its stamp.
#[cfg(loom)]
mod model {
    use gorge_base::sync::atomic::{AtomicU32, Ordering};
    use gorge_base::sync::{Mutex, MutexGuard};

    /// The stamp of a lock that is held.
    const LOCKED: u32 = 1;

    #[derive(Debug)]
    pub(crate) struct Lock {
        mutex: Mutex<()>,
        stamp: AtomicU32,
    }

    #[derive(Debug)]
    #[must_use]
    pub(crate) struct Held<'a> {
        _guard: MutexGuard<'a, ()>,
        lock: &'a Lock,
        stamp: u32,
    }

    impl Lock {
        pub(crate) fn new() -> Self {
            Lock { mutex: Mutex::new(()), stamp: AtomicU32::new(0) }
        }

        pub(crate) fn lock(&self) -> Held<'_> {
            let guard = self.mutex.lock().unwrap();
            let stamp = self.stamp.swap(LOCKED, Ordering::Acquire);
            Held { _guard: guard, lock: self, stamp }
        }

        pub(crate) fn stamp(&self) -> u32 {
            self.stamp.load(Ordering::Acquire)
        }
    }

    impl Drop for Held<'_> {
        fn drop(&mut self) {
            self.lock.stamp.store(self.stamp + 2, Ordering::Release);
        }
    }
}
