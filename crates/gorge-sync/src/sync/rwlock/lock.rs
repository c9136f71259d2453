//! A value that many may read or one may write.

use std::cell::UnsafeCell;
use std::fmt;
use std::panic::Location;
use std::ptr::NonNull;
use std::time::Duration;

use gorge_base::probe::{self, Op};

use super::arm::{First, Patient, Reading, Writing};
use super::guard::{RwLockReadGuard, RwLockWriteGuard};
use super::raw::RawRwLock;
use super::share::Share;
use super::soon::Soon;
use crate::select::{one, one_until};
use crate::time::instant::Instant;

/// A value that many goroutines (or plain threads) at a time may read, or one
/// may write.
///
/// # Fairness
/// As Go's: a writer that waits keeps new readers out, and when a writer
/// unlocks, all readers that wait go before the next writer. Writers go in the
/// order in which they have queued up.
///
/// **Reading twice.** So a goroutine must not lock for reading what it has
/// locked for reading already: when a writer came between, each waits for the other.
///
/// A panic with the lock held lets it go, as with [`Mutex`](crate::sync::Mutex),
/// and for the same reason.
///
/// # Examples
/// ```
/// use gorge::sync::RwLock;
///
/// static LIMITS: RwLock<(u32, u32)> = RwLock::new((0, 10));
///
/// gorge::scope(|s| {
///     for n in 0..4 {
///         s.go(move || {
///             let (low, high) = *LIMITS.read();
///             assert!(low < high);
///             *LIMITS.write() = (n, n + 1);
///         });
///     }
/// });
/// ```
///
/// # Compared with Go
/// `sync.RWMutex`: `RLock`, `TryRLock`, `Lock`, `TryLock`; unlocking is
/// dropping the guard, so "sync: RUnlock of unlocked RWMutex" cannot be
/// written. `RLocker` is a closure here.
pub struct RwLock<T: ?Sized> {
    pub(super) raw: RawRwLock,
    value: UnsafeCell<T>,
}

// SAFETY: the value moves with the lock.
unsafe impl<T: ?Sized + Send> Send for RwLock<T> {}
// SAFETY: readers share the value, a writer may move it.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLock<T> {}

impl<T> RwLock<T> {
    const_unless_loom! {
        /// An unlocked lock around `value`.
        #[must_use]
        pub const fn new(value: T) -> Self {
            RwLock { raw: RawRwLock::new(), value: UnsafeCell::new(value) }
        }
    }

    /// The value, of a lock that nobody else has.
    ///
    /// # Examples
    /// ```
    /// let mut lock = gorge::sync::RwLock::new(1);
    /// *lock.get_mut() += 1; // nobody else can have it now: no locking
    /// assert_eq!(lock.into_inner(), 2);
    /// ```
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> RwLock<T> {
    /// Locks for reading, waiting for a writer who has locked or waits.
    ///
    /// # Blocking
    /// Until no writer has the lock, and those who waited before had their
    /// turn. A dump shows `[sync.RWMutex.RLock]`.
    ///
    /// # Panics
    /// With more than 250 million readers.
    #[inline(always)]
    #[track_caller]
    pub fn read(&self) -> RwLockReadGuard<'_, T> {
        // (The guard is made in this one place: from the slow ways it would come through memory, on all ways.)
        let share = if probe::any() {
            self.read_told(Location::caller())
        } else if let Some(share) = self.raw.read() {
            share
        } else {
            self.read_slow(Location::caller())
        };
        // SAFETY: the share of the lock is ours.
        unsafe { RwLockReadGuard::with_share(&self.raw, self.pointer(), share) }
    }

    /// As [`read`](Self::read), with somebody listening.
    #[cold]
    #[inline(never)]
    fn read_told(&self, at: &'static Location<'static>) -> Share {
        probe::point(Op::ReadLock, self.raw.address(), at);
        if self.raw.try_read() {
            self.raw.tell_reads(at);
            return Share::Counted;
        }
        probe::waits(Op::ReadLock, self.raw.address(), at);
        let guard = one(self.reading_at(at), at);
        probe::goes_on(self.raw.address());
        RwLockReadGuard::into_share(guard)
    }

    #[cold]
    #[inline(never)]
    fn read_slow(&self, at: &'static Location<'static>) -> Share {
        if let Some(share) = self.raw.read_soon() {
            return share;
        }
        if let Some(guard) = one(Patient(self.reading()), at) {
            return RwLockReadGuard::into_share(guard);
        }
        // Once only: who comes too late again is handed its share.
        let share = self.raw.read().or_else(|| self.raw.read_soon());
        share.unwrap_or_else(|| RwLockReadGuard::into_share(one(self.reading(), at)))
    }

    /// Locks for writing, waiting for all who have locked.
    ///
    /// # Blocking
    /// Until nobody has the lock, and those who waited before had their turn.
    /// A dump shows `[sync.RWMutex.Lock]`.
    #[inline(always)]
    #[track_caller]
    pub fn write(&self) -> RwLockWriteGuard<'_, T> {
        if probe::any() {
            return self.write_told(Location::caller());
        }
        if self.raw.write() {
            // SAFETY: the lock is ours.
            return unsafe { RwLockWriteGuard::new(&self.raw, self.pointer()) };
        }
        self.write_slow(Location::caller())
    }

    /// As [`write`](Self::write), with somebody listening.
    #[cold]
    #[inline(never)]
    fn write_told(&self, at: &'static Location<'static>) -> RwLockWriteGuard<'_, T> {
        probe::point(Op::WriteLock, self.raw.address(), at);
        if self.raw.try_write() {
            self.raw.tell_writes(at);
            // SAFETY: the lock is ours.
            return unsafe { RwLockWriteGuard::new(&self.raw, self.pointer()) };
        }
        probe::waits(Op::WriteLock, self.raw.address(), at);
        let guard = one(self.writing_at(at), at);
        probe::goes_on(self.raw.address());
        guard
    }

    #[cold]
    fn write_slow(&self, at: &'static Location<'static>) -> RwLockWriteGuard<'_, T> {
        match self.raw.write_soon() {
            // SAFETY: the lock is ours.
            Soon::Locked => unsafe { RwLockWriteGuard::new(&self.raw, self.pointer()) },
            Soon::First => one(First(self.writing_at(at)), at),
            Soon::Later => one(self.writing_at(at), at),
        }
    }

    /// Locks for reading if that is possible at once; not while a writer waits.
    ///
    /// # Examples
    /// ```
    /// let lock = gorge::sync::RwLock::new(1);
    /// let one = lock.try_read().unwrap();
    /// let other = lock.try_read().unwrap(); // readers together
    /// assert!(lock.try_write().is_none());
    /// drop((one, other));
    /// assert!(lock.try_write().is_some());
    /// ```
    #[inline]
    #[track_caller]
    pub fn try_read(&self) -> Option<RwLockReadGuard<'_, T>> {
        probe::point(Op::ReadLock, self.raw.address(), Location::caller());
        if !self.raw.try_read() {
            return None;
        }
        self.raw.tell_reads(Location::caller());
        // SAFETY: a share of the lock is ours.
        Some(unsafe { RwLockReadGuard::new(&self.raw, self.pointer()) })
    }

    /// Locks for writing if that is possible at once.
    #[inline]
    #[track_caller]
    pub fn try_write(&self) -> Option<RwLockWriteGuard<'_, T>> {
        probe::point(Op::WriteLock, self.raw.address(), Location::caller());
        if !self.raw.try_write() {
            return None;
        }
        self.raw.tell_writes(Location::caller());
        // SAFETY: the lock is ours.
        Some(unsafe { RwLockWriteGuard::new(&self.raw, self.pointer()) })
    }

    /// As [`read`](Self::read), waiting at most for `timeout`.
    ///
    /// # Blocking
    /// As [`read`](Self::read), or until time is up.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// let lock = gorge::sync::RwLock::new(1);
    /// let shortly = Duration::from_millis(1);
    /// let writer = lock.write_timeout(shortly).unwrap();
    /// assert!(lock.read_timeout(shortly).is_none());
    /// drop(writer);
    /// let deadline = gorge::time::now() + shortly;
    /// assert!(lock.read_deadline(deadline).is_some());
    /// assert!(lock.write_deadline(deadline).is_some());
    /// ```
    #[track_caller]
    pub fn read_timeout(&self, timeout: Duration) -> Option<RwLockReadGuard<'_, T>> {
        self.read_deadline(Instant::now() + timeout)
    }

    /// As [`read`](Self::read), waiting until `deadline` at most.
    ///
    /// # Blocking
    /// As [`read`](Self::read), or until time is up.
    #[track_caller]
    pub fn read_deadline(&self, deadline: Instant) -> Option<RwLockReadGuard<'_, T>> {
        probe::point(Op::ReadLock, self.raw.address(), Location::caller());
        one_until(self.reading(), deadline, Location::caller()).ok()
    }

    /// As [`write`](Self::write), waiting at most for `timeout`. When that is
    /// over, readers that were kept out by this writer go in.
    ///
    /// # Blocking
    /// As [`write`](Self::write), or until time is up.
    #[track_caller]
    pub fn write_timeout(&self, timeout: Duration) -> Option<RwLockWriteGuard<'_, T>> {
        self.write_deadline(Instant::now() + timeout)
    }

    /// As [`write`](Self::write), waiting until `deadline` at most.
    ///
    /// # Blocking
    /// As [`write`](Self::write), or until time is up.
    #[track_caller]
    pub fn write_deadline(&self, deadline: Instant) -> Option<RwLockWriteGuard<'_, T>> {
        probe::point(Op::WriteLock, self.raw.address(), Location::caller());
        one_until(self.writing(), deadline, Location::caller()).ok()
    }

    /// Locking for reading as an arm of a select, which gives the guard.
    ///
    /// # Examples
    /// ```
    /// use gorge::{select, sync::RwLock};
    ///
    /// let lock = RwLock::new(7);
    /// let writer = lock.write();
    /// select! {
    ///     on(lock.reading()) -> _ => panic!("somebody writes"),
    ///     on(lock.writing()) -> _ => panic!("somebody else writes"),
    ///     default => {}
    /// }
    /// drop(writer);
    /// ```
    #[track_caller]
    pub fn reading(&self) -> Reading<'_, T> {
        self.reading_at(Location::caller())
    }

    fn reading_at(&self, at: &'static Location<'static>) -> Reading<'_, T> {
        Reading::new(&self.raw, self.pointer(), at)
    }

    /// Locking for writing as an arm of a select, which gives the guard.
    #[track_caller]
    pub fn writing(&self) -> Writing<'_, T> {
        self.writing_at(Location::caller())
    }

    fn writing_at(&self, at: &'static Location<'static>) -> Writing<'_, T> {
        Writing::new(&self.raw, self.pointer(), at)
    }

    /// The value, of a lock that nobody else has: no locking is needed.
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    fn pointer(&self) -> NonNull<T> {
        // SAFETY: the address of a cell is not null.
        unsafe { NonNull::new_unchecked(self.value.get()) }
    }
}

impl<T: Default> Default for RwLock<T> {
    fn default() -> Self {
        RwLock::new(T::default())
    }
}

impl<T> From<T> for RwLock<T> {
    fn from(value: T) -> Self {
        RwLock::new(value)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLock<T> {
    /// Shows the value, unless it is locked for writing. Does not wait.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("RwLock");
        match self.try_read() {
            Some(guard) => shown.field("value", &&*guard),
            None => shown.field("value", &format_args!("<locked>")),
        };
        shown.field("written", &self.raw.is_written()).finish()
    }
}
