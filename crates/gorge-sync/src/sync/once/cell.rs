//! A value made once.
//!
//! Invariant: the cell holds a value exactly when `once` is done; it is written
//! by who has entered, and only read afterwards.

use std::cell::UnsafeCell;
use std::fmt;
use std::mem::MaybeUninit;
use std::panic::Location;

use super::raw::RawOnce;

/// A place for a value that is made once, by whoever comes first.
///
/// # Examples
/// ```
/// use gorge::sync::OnceLock;
///
/// static CONFIG: OnceLock<String> = OnceLock::new();
///
/// let config = CONFIG.get_or_init(|| "debug".to_owned());
/// assert_eq!(config, "debug");
/// assert_eq!(CONFIG.set("release".to_owned()), Err("release".to_owned()));
/// ```
///
/// # Compared with Go
/// A `sync.Once` beside a variable. `std`'s [`OnceLock`](std::sync::OnceLock)
/// does the same from goroutines too, but blocks the OS thread.
pub struct OnceLock<T> {
    once: RawOnce,
    value: UnsafeCell<MaybeUninit<T>>,
}

// SAFETY: the value moves with the cell.
unsafe impl<T: Send> Send for OnceLock<T> {}
// SAFETY: the value is shared, and may be made by one thread and dropped by another.
unsafe impl<T: Send + Sync> Sync for OnceLock<T> {}

impl<T> OnceLock<T> {
    const_unless_loom! {
        /// An empty place.
        #[must_use]
        pub const fn new() -> Self {
            OnceLock { once: RawOnce::new(), value: UnsafeCell::new(MaybeUninit::uninit()) }
        }
    }

    /// The value, if it has been made. Does not wait.
    ///
    /// # Examples
    /// ```
    /// let mut cell = gorge::sync::OnceLock::new();
    /// assert_eq!(cell.get(), None);
    /// assert_eq!(cell.set(1), Ok(()));
    /// *cell.get_mut().unwrap() += 1;
    /// assert_eq!(cell.take(), Some(2));
    /// assert_eq!(cell.into_inner(), None);
    /// ```
    #[inline(always)]
    #[track_caller]
    pub fn get(&self) -> Option<&T> {
        // SAFETY: done, so it holds a value that nobody writes any more.
        self.once.looks_done().then(|| unsafe { (*self.value.get()).assume_init_ref() })
    }

    /// The value, of a place that nobody else has.
    pub fn get_mut(&mut self) -> Option<&mut T> {
        // SAFETY: done, so it holds a value.
        self.once.is_done().then(|| unsafe { self.value.get_mut().assume_init_mut() })
    }

    /// The value; makes it by `f` if nobody has.
    ///
    /// # Blocking
    /// While somebody else makes it; a dump shows `[sync.Once.Do]`. Called from
    /// inside `f` it waits for ever.
    ///
    /// # Panics
    /// When `f` does; then the place is still empty, and the next one tries.
    #[inline(always)]
    #[track_caller]
    pub fn get_or_init(&self, f: impl FnOnce() -> T) -> &T {
        match self.get() {
            Some(value) => value,
            None => self.make(f, Location::caller()),
        }
    }

    #[cold]
    fn make(&self, f: impl FnOnce() -> T, at: &'static Location<'static>) -> &T {
        match self.try_make(|| Ok::<T, std::convert::Infallible>(f()), at) {
            Ok(value) => value,
            Err(never) => match never {},
        }
    }

    /// The value; makes it by `f` if nobody has.
    ///
    /// # Errors
    /// What `f` gives; then the place is still empty, and the next one tries.
    ///
    /// # Blocking
    /// As [`get_or_init`](Self::get_or_init).
    ///
    /// # Examples
    /// ```
    /// let cell = gorge::sync::OnceLock::new();
    /// assert_eq!(cell.get_or_try_init(|| "x".parse::<i32>()).is_err(), true); // the next one tries again
    /// assert_eq!(cell.get_or_try_init(|| "7".parse::<i32>()), Ok(&7));
    /// ```
    #[track_caller]
    pub fn get_or_try_init<E>(&self, f: impl FnOnce() -> Result<T, E>) -> Result<&T, E> {
        match self.get() {
            Some(value) => Ok(value),
            None => self.try_make(f, Location::caller()),
        }
    }

    fn try_make<E>(
        &self,
        f: impl FnOnce() -> Result<T, E>,
        at: &'static Location<'static>,
    ) -> Result<&T, E> {
        if let Some(entered) = self.once.enter(at) {
            // An error or a panic drops `entered`, and the place stays empty.
            let value = f()?;
            // SAFETY: we have entered, so nobody else writes or reads.
            unsafe { (*self.value.get()).write(value) };
            entered.finish();
        }
        // SAFETY: done, by us or somebody else.
        Ok(unsafe { (*self.value.get()).assume_init_ref() })
    }

    /// Puts `value` in its place.
    ///
    /// # Errors
    /// `value` itself, when there is one already.
    ///
    /// # Blocking
    /// While somebody else makes it.
    #[track_caller]
    pub fn set(&self, value: T) -> Result<(), T> {
        let mut value = Some(value);
        self.get_or_init(|| value.take().expect("called once"));
        value.map_or(Ok(()), Err)
    }

    /// Takes the value out; the place is empty again.
    pub fn take(&mut self) -> Option<T> {
        if !self.once.is_done() {
            return None;
        }
        self.once = RawOnce::new();
        // SAFETY: it was there, and is not any more.
        Some(unsafe { self.value.get_mut().assume_init_read() })
    }

    /// The value, if it has been made.
    pub fn into_inner(mut self) -> Option<T> {
        self.take()
    }
}

impl<T> Drop for OnceLock<T> {
    fn drop(&mut self) {
        drop(self.take());
    }
}

impl<T> Default for OnceLock<T> {
    fn default() -> Self {
        OnceLock::new()
    }
}

impl<T> From<T> for OnceLock<T> {
    fn from(value: T) -> Self {
        let lock = OnceLock::new();
        lock.get_or_init(|| value);
        lock
    }
}

impl<T: Clone> Clone for OnceLock<T> {
    fn clone(&self) -> Self {
        self.get().cloned().map_or_else(OnceLock::new, OnceLock::from)
    }
}

impl<T: fmt::Debug> fmt::Debug for OnceLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.get() {
            Some(value) => f.debug_tuple("OnceLock").field(value).finish(),
            None => f.write_str("OnceLock(<not made>)"),
        }
    }
}
