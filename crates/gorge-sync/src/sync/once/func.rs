//! Functions that call another one once, and then know what it gave.

use std::sync::Arc;

use super::lazy::LazyLock;

/// A function that calls `f` when it is first called, and otherwise does nothing.
///
/// # Blocking
/// The function waits while somebody else is in `f`; a dump shows `[sync.Once.Do]`.
///
/// # Panics
/// The function panics when `f` does, and then each time, with the same words.
///
/// # Examples
/// ```
/// let hello = gorge::sync::once_func(|| println!("hello"));
/// hello();
/// hello(); // says nothing
/// ```
///
/// # Compared with Go
/// `sync.OnceFunc`.
pub fn once_func<F>(f: F) -> impl Fn() + Clone + Send + Sync
where
    F: FnOnce() + Send,
{
    once_value(f)
}

/// A function that gives what `f` gives, which is called when the value is
/// first wanted.
///
/// # Blocking
/// As [`once_func`].
///
/// # Panics
/// As [`once_func`].
///
/// # Examples
/// ```
/// let answer = gorge::sync::once_value(|| 6 * 7);
/// assert_eq!((answer(), answer()), (42, 42));
/// ```
///
/// # Compared with Go
/// `sync.OnceValue`. A [`LazyLock`] gives a reference instead of a clone.
pub fn once_value<T, F>(f: F) -> impl Fn() -> T + Clone + Send + Sync
where
    T: Clone + Send + Sync,
    F: FnOnce() -> T + Send,
{
    let lazy = Arc::new(LazyLock::new(f));
    move || T::clone(LazyLock::force(&lazy))
}

/// As [`once_value`], for two values.
///
/// # Blocking
/// As [`once_func`].
///
/// # Panics
/// As [`once_func`].
///
/// # Examples
/// ```
/// let parsed = gorge::sync::once_values(|| (7, "7".to_owned()));
/// assert_eq!(parsed().1, "7");
/// ```
///
/// # Compared with Go
/// `sync.OnceValues`, there for a value and an error: here that is
/// [`once_value`] of a `Result`.
pub fn once_values<A, B, F>(f: F) -> impl Fn() -> (A, B) + Clone + Send + Sync
where
    A: Clone + Send + Sync,
    B: Clone + Send + Sync,
    F: FnOnce() -> (A, B) + Send,
{
    once_value(f)
}
