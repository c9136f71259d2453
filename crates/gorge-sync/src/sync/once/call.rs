//! A function that is called once.

use std::fmt;
use std::panic::Location;

use super::raw::{Entered, RawOnce};

/// Calls a function once, whoever comes first; the others wait until it has
/// returned.
///
/// # Examples
/// ```
/// use gorge::sync::Once;
/// use gorge_base::atomic::{AtomicU32, Ordering};
///
/// static START: Once = Once::new();
/// static STARTED: AtomicU32 = AtomicU32::new(0);
///
/// gorge::scope(|s| {
///     for _ in 0..10 {
///         s.go(|| START.call_once(|| drop(STARTED.fetch_add(1, Ordering::Relaxed))));
///     }
/// });
/// assert_eq!(STARTED.load(Ordering::Relaxed), 1);
/// ```
///
/// # Compared with Go
/// `sync.Once`, whose `Do` is [`call_once`](Once::call_once). As there, a
/// function that panics has been called: nobody calls it again.
pub struct Once {
    raw: RawOnce,
}

impl Once {
    const_unless_loom! {
        /// Nothing has been called.
        #[must_use]
        pub const fn new() -> Self {
            Once { raw: RawOnce::new() }
        }
    }

    /// Calls `f`, if nothing has been called here before. When it returns, the
    /// one function has returned (or panicked), and what it did is seen.
    ///
    /// # Blocking
    /// While somebody else is in the function; a dump shows `[sync.Once.Do]`.
    /// Called from inside the function it waits for ever, as in Go.
    ///
    /// # Panics
    /// When `f` does.
    #[inline(always)]
    #[track_caller]
    pub fn call_once(&self, f: impl FnOnce()) {
        if !self.raw.is_done() {
            self.call_slow(f, Location::caller());
        }
    }

    #[cold]
    #[inline(never)]
    fn call_slow(&self, f: impl FnOnce(), at: &'static Location<'static>) {
        /// Finished also when the function panics.
        struct Finish<'a>(Option<Entered<'a>>);
        impl Drop for Finish<'_> {
            fn drop(&mut self) {
                if let Some(entered) = self.0.take() {
                    entered.finish();
                }
            }
        }
        if let Some(entered) = self.raw.enter(at) {
            let _finish = Finish(Some(entered));
            f();
        }
    }

    /// Whether the function has returned.
    ///
    /// # Examples
    /// ```
    /// let once = gorge::sync::Once::new();
    /// assert!(!once.is_completed());
    /// once.call_once(|| {});
    /// assert!(once.is_completed());
    /// ```
    #[inline]
    #[track_caller]
    pub fn is_completed(&self) -> bool {
        self.raw.looks_done()
    }
}

impl Default for Once {
    fn default() -> Self {
        Once::new()
    }
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once").field("completed", &self.raw.is_done()).finish()
    }
}
