//! A value that one at a time may use.

use std::cell::UnsafeCell;
use std::fmt;
use std::panic::Location;
use std::ptr::NonNull;
use std::time::Duration;

use gorge_base::probe::{self, Op};

use super::arm::Locking;
use super::guard::MutexGuard;
use super::raw::RawMutex;
use crate::select::one_until;
use crate::time::instant::Instant;

/// A value that one goroutine (or plain thread) at a time may use.
///
/// # Fairness
/// As Go's mutex. Normally whoever runs gets the lock, and a waiter that was
/// woken competes with it; so a goroutine may lock the same mutex many times in
/// a row without a switch. A waiter that has come too late for a millisecond
/// turns the mutex over to starvation mode: then each unlock hands it to the
/// first in the queue, until one is served who has waited for less. A mutex
/// made by [`Mutex::fair`] hands over always.
///
/// # No poisoning
/// When a goroutine panics with the lock held, the lock is let go, and the next
/// one finds the value as it was left. A panic that nobody joins ends the
/// program; one that is joined is known there. Where the value must not be used
/// after a panic, use [`PoisonMutex`](crate::sync::PoisonMutex).
///
/// # Examples
/// ```
/// use gorge::sync::Mutex;
///
/// static COUNT: Mutex<u32> = Mutex::new(0);
///
/// gorge::scope(|s| {
///     for _ in 0..10 {
///         s.go(|| *COUNT.lock() += 1);
///     }
/// });
/// assert_eq!(*COUNT.lock(), 10);
/// ```
///
/// # Compared with Go
/// `sync.Mutex`: `Lock`, `TryLock`; `Unlock` is dropping the guard, so what is
/// locked and for how long can be seen, and "unlock of unlocked mutex" cannot be
/// written. The guard may be sent to another goroutine, and unlocks there. As in
/// Go, locking again what one has locked waits for ever.
// Aligned so that the state and a small value after it share a cache line.
#[repr(align(16))]
pub struct Mutex<T: ?Sized> {
    raw: RawMutex,
    value: UnsafeCell<T>,
}

// SAFETY: the value moves with the mutex.
unsafe impl<T: ?Sized + Send> Send for Mutex<T> {}
// SAFETY: the lock gives the value to one at a time; so it must be able to move
// between threads, but need not be shared.
unsafe impl<T: ?Sized + Send> Sync for Mutex<T> {}

impl<T> Mutex<T> {
    const_unless_loom! {
        /// An unlocked mutex around `value`.
        #[must_use]
        pub const fn new(value: T) -> Self {
            Mutex { raw: RawMutex::new(false), value: UnsafeCell::new(value) }
        }
    }

    const_unless_loom! {
        /// An unlocked mutex that is always handed over in the order of arrival.
        ///
        /// Slower under contention: each unlock waits for a switch to the next
        /// one. For locks where an equal share matters more than the rate.
        #[must_use]
        pub const fn fair(value: T) -> Self {
            Mutex { raw: RawMutex::new(true), value: UnsafeCell::new(value) }
        }
    }

    /// The value, of a mutex that nobody else has.
    ///
    /// # Examples
    /// ```
    /// let mut lock = gorge::sync::Mutex::new(1);
    /// *lock.get_mut() += 1; // nobody else can have it now: no locking
    /// assert!(!lock.is_locked());
    /// assert_eq!(lock.into_inner(), 2);
    /// ```
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Locks, waiting for whoever has locked.
    ///
    /// # Blocking
    /// Until the mutex is unlocked, and it is this caller's turn; nothing else
    /// ends the wait. A dump shows `[sync.Mutex.Lock]`. Works from goroutines
    /// and from plain OS threads.
    ///
    /// # Examples
    /// ```
    /// let words = gorge::sync::Mutex::new(vec!["a"]);
    /// words.lock().push("b");
    /// assert_eq!(words.lock().len(), 2);
    /// ```
    #[inline(always)]
    #[track_caller]
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.raw.lock(Location::caller());
        // SAFETY: the lock is ours.
        unsafe { MutexGuard::new(&self.raw, self.pointer()) }
    }

    /// Locks if that is possible at once.
    ///
    /// # Examples
    /// ```
    /// let mutex = gorge::sync::Mutex::new(1);
    /// let guard = mutex.lock();
    /// assert!(mutex.try_lock().is_none());
    /// drop(guard);
    /// assert!(mutex.try_lock().is_some());
    /// ```
    #[inline]
    #[track_caller]
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        // SAFETY: the lock is ours.
        self.raw
            .try_lock(Location::caller())
            .then(|| unsafe { MutexGuard::new(&self.raw, self.pointer()) })
    }

    /// Locks, waiting at most for `timeout`; `None` when that was too short.
    ///
    /// # Blocking
    /// As [`lock`](Self::lock). Who waits with a time limit is always handed
    /// the mutex when its turn comes.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// let lock = gorge::sync::Mutex::new(1);
    /// let held = lock.lock();
    /// assert!(lock.lock_timeout(Duration::from_millis(1)).is_none());
    /// drop(held);
    /// assert!(lock.lock_timeout(Duration::from_millis(1)).is_some());
    /// ```
    #[track_caller]
    pub fn lock_timeout(&self, timeout: Duration) -> Option<MutexGuard<'_, T>> {
        self.lock_deadline(Instant::now() + timeout)
    }

    /// Locks, waiting until `deadline` at most; `None` when that was too early.
    ///
    /// # Blocking
    /// As [`lock_timeout`](Self::lock_timeout).
    ///
    /// # Examples
    /// ```
    /// use gorge::{sync::Mutex, time::Instant};
    ///
    /// let mutex = Mutex::new(());
    /// let guard = mutex.lock();
    /// assert!(mutex.lock_deadline(Instant::now()).is_none());
    /// # drop(guard);
    /// ```
    #[track_caller]
    pub fn lock_deadline(&self, deadline: Instant) -> Option<MutexGuard<'_, T>> {
        probe::point(Op::Lock, self.raw.address(), Location::caller());
        one_until(self.locking(), deadline, Location::caller()).ok()
    }

    /// Locking as an arm of a select, which gives the guard:
    /// `select! { on(mutex.locking()) -> guard => .., recv(quit) -> _ => .. }`.
    ///
    /// # Examples
    /// ```
    /// use gorge::{channel, select::Select, sync::Mutex};
    ///
    /// let mutex = Mutex::new(6);
    /// let (_tx, quit) = channel::<()>(0);
    /// let mut select = Select::new();
    /// select.on(mutex.locking(), |guard| Some(*guard * 7));
    /// select.recv(&quit, |_| None);
    /// assert_eq!(select.wait(), (0, Some(42)));
    /// ```
    #[track_caller]
    pub fn locking(&self) -> Locking<'_, T> {
        Locking::new(&self.raw, self.pointer(), Location::caller())
    }

    /// Whether somebody has locked it; it may be over when the answer is looked at.
    #[track_caller]
    pub fn is_locked(&self) -> bool {
        probe::point(Op::Load, self.raw.address(), Location::caller());
        self.raw.is_locked()
    }

    /// The value, of a mutex that nobody else has: no lock is needed.
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    fn pointer(&self) -> NonNull<T> {
        // SAFETY: the address of a cell is not null.
        unsafe { NonNull::new_unchecked(self.value.get()) }
    }
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Self {
        Mutex::new(T::default())
    }
}

impl<T> From<T> for Mutex<T> {
    fn from(value: T) -> Self {
        Mutex::new(value)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Mutex<T> {
    /// Shows the value, unless it is locked. Does not wait.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Mutex");
        match self.try_lock() {
            Some(guard) => shown.field("value", &&*guard),
            None => shown.field("value", &format_args!("<locked>")),
        };
        shown.field("waiters", &self.raw.has_waiters()).finish()
    }
}
