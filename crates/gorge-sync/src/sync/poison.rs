//! A mutex that remembers panics.
//!
//! Promise: who locks after somebody panicked with the lock held is told so.
//! It is [`Mutex`] around a value and a mark; nothing in `Mutex` knows of it.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{LockResult, PoisonError, TryLockError};
use std::thread;

use super::mutex::{Mutex, MutexGuard};

/// A [`Mutex`] that is poisoned when somebody panics with the lock held: for
/// values that such a panic may leave in a state nobody should see.
///
/// Its shape, and its errors, are those of [`std::sync::Mutex`].
///
/// # Examples
/// ```
/// use gorge::sync::PoisonMutex;
///
/// static PAIR: PoisonMutex<(i32, i32)> = PoisonMutex::new((1, -1));
///
/// let joined = gorge::go(|| {
///     let mut pair = PAIR.lock().unwrap();
///     pair.0 = 2;
///     # std::panic::set_hook(Box::new(|_| ()));
///     panic!("before the other half was written");
/// })
/// .join();
/// assert!(joined.is_err());
/// assert!(PAIR.lock().is_err());
/// ```
pub struct PoisonMutex<T: ?Sized> {
    inner: Mutex<Marked<T>>,
}

struct Marked<T: ?Sized> {
    poisoned: bool,
    value: T,
}

/// The value of a locked [`PoisonMutex`]; dropping this unlocks it.
///
/// # Examples
/// ```
/// let lock = gorge::sync::PoisonMutex::new(1);
/// *lock.lock().unwrap() += 1;
/// assert_eq!(*lock.lock().unwrap(), 2);
/// ```
#[must_use = "dropped at once, it unlocks at once"]
pub struct PoisonMutexGuard<'a, T: ?Sized> {
    guard: MutexGuard<'a, Marked<T>>,
    /// The goroutine was panicking already when it locked.
    panicking: bool,
}

impl<T> PoisonMutex<T> {
    const_unless_loom! {
        /// An unlocked mutex around `value`.
        #[must_use]
        pub const fn new(value: T) -> Self {
            PoisonMutex { inner: Mutex::new(Marked { poisoned: false, value }) }
        }
    }

    /// The value, of a mutex that nobody else has.
    ///
    /// # Errors
    /// The value as well, when the mutex is poisoned.
    pub fn into_inner(self) -> LockResult<T> {
        let Marked { poisoned, value } = self.inner.into_inner();
        if poisoned { Err(PoisonError::new(value)) } else { Ok(value) }
    }
}

impl<T: ?Sized> PoisonMutex<T> {
    /// Locks, waiting for whoever has locked.
    ///
    /// # Blocking
    /// As [`Mutex::lock`]; a dump shows `[sync.Mutex.Lock]`.
    ///
    /// # Errors
    /// The guard as well, when somebody panicked with the lock held.
    #[track_caller]
    pub fn lock(&self) -> LockResult<PoisonMutexGuard<'_, T>> {
        guarded(self.inner.lock())
    }

    /// Locks if that is possible at once.
    ///
    /// # Errors
    /// That it is locked; or, with the guard, that it is poisoned.
    pub fn try_lock(
        &self,
    ) -> Result<PoisonMutexGuard<'_, T>, TryLockError<PoisonMutexGuard<'_, T>>> {
        let guard = self.inner.try_lock().ok_or(TryLockError::WouldBlock)?;
        guarded(guard).map_err(TryLockError::Poisoned)
    }

    /// Whether somebody panicked with the lock held. Waits for the lock.
    ///
    /// # Examples
    /// ```
    /// use gorge::{go, sync::PoisonMutex};
    /// use std::sync::Arc;
    ///
    /// let lock = Arc::new(PoisonMutex::new(1));
    /// let theirs = lock.clone();
    /// assert!(go(move || {
    ///     let _guard = theirs.try_lock().unwrap();
    ///     panic!("in the middle of it");
    /// }).join().is_err());
    /// assert!(lock.is_poisoned() && lock.lock().is_err());
    /// lock.clear_poison();
    /// let mut lock = Arc::into_inner(lock).unwrap();
    /// *lock.get_mut().unwrap() += 1;
    /// assert_eq!(lock.into_inner().unwrap(), 2);
    /// ```
    #[track_caller]
    pub fn is_poisoned(&self) -> bool {
        self.inner.lock().poisoned
    }

    /// Says that the value is in order again.
    #[track_caller]
    pub fn clear_poison(&self) {
        self.inner.lock().poisoned = false;
    }

    /// The value, of a mutex that nobody else has: no lock is needed.
    ///
    /// # Errors
    /// The value as well, when the mutex is poisoned.
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        let Marked { poisoned, value } = self.inner.get_mut();
        if *poisoned { Err(PoisonError::new(value)) } else { Ok(value) }
    }
}

fn guarded<T: ?Sized>(guard: MutexGuard<'_, Marked<T>>) -> LockResult<PoisonMutexGuard<'_, T>> {
    let poisoned = guard.poisoned;
    let guard = PoisonMutexGuard { guard, panicking: thread::panicking() };
    if poisoned { Err(PoisonError::new(guard)) } else { Ok(guard) }
}

impl<T: ?Sized> Drop for PoisonMutexGuard<'_, T> {
    fn drop(&mut self) {
        // A goroutine has thread-locals of its own, so this is about itself.
        if !self.panicking && thread::panicking() {
            self.guard.poisoned = true;
        }
    }
}

impl<T: ?Sized> Deref for PoisonMutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard.value
    }
}

impl<T: ?Sized> DerefMut for PoisonMutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard.value
    }
}

impl<T: Default> Default for PoisonMutex<T> {
    fn default() -> Self {
        PoisonMutex::new(T::default())
    }
}

impl<T> From<T> for PoisonMutex<T> {
    fn from(value: T) -> Self {
        PoisonMutex::new(value)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for PoisonMutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for PoisonMutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("PoisonMutex");
        match self.inner.try_lock() {
            Some(guard) => shown.field("value", &&guard.value).field("poisoned", &guard.poisoned),
            None => shown.field("value", &format_args!("<locked>")),
        };
        shown.finish()
    }
}
