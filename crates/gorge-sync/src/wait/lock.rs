//! The lock of a queue: one word, taken by an exchange, released by a plain
//! store, spun on; and a stamp by which those who only look see that
//! something happened meanwhile.
//!
//! Promise: one locked instruction when nobody contends. Nobody holds it longer
//! than moving one value takes, and nobody parks, wakes, or runs a user's code
//! while holding it; so a spinning contender waits for instructions, not for
//! goroutines. (The system may take the holder off its processor: then
//! contenders let their OS threads go.)
//!
//! ```text
//!   word:  0 --lock--> 1 --unlock--> 2 --lock--> 1 --unlock--> 4 ...
//!          the exchange hands the holder the stamp, which it keeps in a
//!          register and puts back, raised by two
//! ```
//!
//! Invariant: a stamp is even; a word that was the same stamp at two looks was
//! never locked in between. (After 2^31 locks stamps come again. That many do
//! not fit between two looks that follow each other.)
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

    /// The word while the lock is held, and the stamp of a lock that is.
    const LOCKED: u32 = 1;

    /// How long a contender pauses at most between two looks at the lock. Longer
    /// pauses let the holder keep the line for more operations in a row; measured
    /// with four senders and four receivers on two processors, 256 is best.
    const PAUSES: u32 = 256;

    /// See the top of the file.
    #[derive(Debug)]
    #[repr(transparent)]
    pub(crate) struct Lock(AtomicU32);

    /// The lock is held until this is dropped.
    #[derive(Debug)]
    #[must_use]
    pub(crate) struct Held<'a> {
        lock: &'a Lock,
        stamp: u32,
    }

    impl Lock {
        pub(crate) const fn new() -> Self {
            Lock(AtomicU32::new(0))
        }

        #[inline(always)]
        pub(crate) fn lock(&self) -> Held<'_> {
            let mut stamp = self.exchange();
            if stamp == LOCKED {
                stamp = self.lock_slow();
            }
            Held { lock: self, stamp }
        }

        #[inline(always)]
        fn exchange(&self) -> u32 {
            // Acquire: pairs with the release store in `Held::drop`.
            self.0.swap(LOCKED, Ordering::Acquire)
        }

        #[cold]
        #[inline(never)]
        fn lock_slow(&self) -> u32 {
            let mut backoff = Backoff::up_to(PAUSES);
            loop {
                // Look without writing, so that waiters share the cache line.
                while self.0.load(Ordering::Relaxed) == LOCKED {
                    backoff.wait();
                }
                let stamp = self.exchange();
                if stamp != LOCKED {
                    return stamp;
                }
            }
        }

        /// The stamp, or an odd number while the lock is held.
        #[inline(always)]
        pub(crate) fn stamp(&self) -> u32 {
            // Acquire: what is looked at next is not older.
            self.0.load(Ordering::Acquire)
        }
    }

    impl Drop for Held<'_> {
        #[inline(always)]
        fn drop(&mut self) {
            // Release: pairs with the acquire in `exchange`. A plain store is
            // enough, because only the holder gets here.
            self.lock.0.store(self.stamp.wrapping_add(2), Ordering::Release);
        }
    }
}

/// Under loom a lock that blocks: two threads that spin on what a third holds
/// would be followed for ever.
#[cfg(loom)]
mod model {
    use gorge_base::sync::atomic::{AtomicU32, Ordering};
    use gorge_base::sync::{Mutex, MutexGuard};

    /// The word while the lock is held, and the stamp of a lock that is.
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
