//! A value made when it is first needed.

use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::cell::OnceLock;

/// A value that is made when it is first needed.
///
/// # Examples
/// ```
/// use gorge::sync::LazyLock;
///
/// static WORDS: LazyLock<Vec<&str>> = LazyLock::new(|| "to be or not".split(' ').collect());
///
/// assert_eq!(WORDS.len(), 4);
/// ```
///
/// # Compared with Go
/// `sync.OnceValue`, as a value instead of a function (that is
/// [`once_value`](super::once_value)).
pub struct LazyLock<T, F = fn() -> T> {
    made: OnceLock<Made<T>>,
    make: Cell<Option<F>>,
}

/// The value, or the words of the panic that came instead.
type Made<T> = Result<T, Option<String>>;

// SAFETY: `make` is used by who makes the value only, once; the rest is as for
// a `OnceLock`.
unsafe impl<T: Send + Sync, F: Send> Sync for LazyLock<T, F> {}

impl<T, F: FnOnce() -> T> LazyLock<T, F> {
    const_unless_loom! {
        /// A value that `make` will make.
        #[must_use]
        pub const fn new(make: F) -> Self {
            LazyLock { made: OnceLock::new(), make: Cell::new(Some(make)) }
        }
    }

    /// The value; makes it if nobody has. The same as dereferencing.
    ///
    /// # Blocking
    /// While somebody else makes it; a dump shows `[sync.Once.Do]`. Called from
    /// inside the function that makes it, it waits for ever.
    ///
    /// # Panics
    /// When the function does, and then each time, with the same words.
    ///
    /// # Examples
    /// ```
    /// use gorge::sync::LazyLock;
    ///
    /// let lazy = LazyLock::new(|| 6 * 7);
    /// assert_eq!(LazyLock::get(&lazy), None);
    /// assert_eq!(LazyLock::force(&lazy), &42);
    /// assert_eq!(LazyLock::get(&lazy), Some(&42));
    /// ```
    #[inline(always)]
    #[track_caller]
    pub fn force(this: &Self) -> &T {
        match this.made.get() {
            Some(Ok(value)) => value,
            _ => this.force_slow(),
        }
    }

    #[cold]
    #[track_caller]
    fn force_slow(&self) -> &T {
        let mut first = None;
        let made = self.made.get_or_init(|| {
            // Only who makes the value gets here, once.
            let make = self.make.take().expect("made once");
            // The function is not used again after a panic, so it need not be
            // safe to unwind through.
            catch_unwind(AssertUnwindSafe(make)).map_err(|payload| {
                let words = words(&*payload);
                first = Some(payload);
                words
            })
        });
        match (made, first) {
            (Ok(value), _) => value,
            (Err(_), Some(payload)) => resume_unwind(payload),
            (Err(Some(words)), None) => panic!("{words}"),
            (Err(None), None) => panic!("the function of a LazyLock has panicked"),
        }
    }

    /// The value, if it has been made. Does not wait.
    pub fn get(this: &Self) -> Option<&T> {
        this.made.get()?.as_ref().ok()
    }
}

/// What a panic says.
fn words(payload: &(dyn Any + Send)) -> Option<String> {
    let literal = payload.downcast_ref::<&str>().map(|words| (*words).to_owned());
    literal.or_else(|| payload.downcast_ref::<String>().cloned())
}

impl<T, F: FnOnce() -> T> Deref for LazyLock<T, F> {
    type Target = T;

    #[inline(always)]
    #[track_caller]
    fn deref(&self) -> &T {
        LazyLock::force(self)
    }
}

impl<T: Default> Default for LazyLock<T> {
    fn default() -> Self {
        LazyLock::new(T::default)
    }
}

impl<T: fmt::Debug, F: FnOnce() -> T> fmt::Debug for LazyLock<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match LazyLock::get(self) {
            Some(value) => f.debug_tuple("LazyLock").field(value).finish(),
            None => f.write_str("LazyLock(<not made>)"),
        }
    }
}
