//! Why there is no value, or no goroutine.

use std::any::Any;
use std::fmt;

/// Why a joined goroutine gave no value.
///
/// # Examples
/// ```
/// use gorge::go;
///
/// let error = go(|| panic!("out of paper")).join().unwrap_err();
/// assert!(error.is_panic());
/// assert_eq!(error.message(), Some("out of paper"));
/// assert!(error.into_panic().is_some()); // or `error.resume()`, to panic here, too
/// ```
pub enum JoinError {
    /// It panicked; this is the payload of the panic.
    Panicked(Payload),
    /// It left through [`goexit`](crate::goexit).
    Exited,
}

impl JoinError {
    /// The panic's payload, as from [`std::panic::catch_unwind`].
    pub fn into_panic(self) -> Option<Box<dyn Any + Send + 'static>> {
        match self {
            JoinError::Panicked(payload) => Some(payload.into_inner()),
            JoinError::Exited => None,
        }
    }

    /// Whether the goroutine panicked.
    pub fn is_panic(&self) -> bool {
        matches!(self, JoinError::Panicked(_))
    }

    /// Goes on with the goroutine's panic, or its exit, in the caller.
    ///
    /// # Panics
    /// Always, if the goroutine panicked: with its payload.
    ///
    /// # Examples
    /// ```
    /// let error = gorge::go(|| panic!("out of paper")).join().unwrap_err();
    /// let here = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| error.resume()));
    /// assert!(here.is_err());
    /// ```
    pub fn resume(self) -> ! {
        match self {
            JoinError::Panicked(payload) => std::panic::resume_unwind(payload.into_inner()),
            JoinError::Exited => crate::runtime::own::goexit(),
        }
    }

    /// The text of the panic, if it was one with a text.
    pub fn message(&self) -> Option<&str> {
        match self {
            JoinError::Panicked(payload) => payload.message(),
            JoinError::Exited => None,
        }
    }
}

/// The payload of a panic: what `panic!` was given, or
/// [`panic_any`](std::panic::panic_any).
///
/// It may be looked at from many threads at once, though what is inside may not: by reference only
/// its text can be had. So errors with a payload go where errors are expected to be `Sync`.
///
/// # Examples
/// ```
/// use gorge::{JoinError, Payload, go};
///
/// let Err(JoinError::Panicked(payload)) = go(|| std::panic::panic_any(7)).join() else { panic!() };
/// let payload: Payload = payload;
/// assert_eq!(payload.message(), None);
/// let payload = payload.downcast::<&str>().unwrap_err(); // it is none
/// assert_eq!(*payload.into_inner().downcast::<i32>().unwrap(), 7);
///
/// fn may_fail() -> Result<i32, Box<dyn std::error::Error + Send + Sync>> {
///     Ok(go(|| 7).join()?) // a `JoinError` is both
/// }
/// assert_eq!(may_fail().unwrap(), 7);
/// ```
pub struct Payload(Box<dyn Any + Send + 'static>);

// SAFETY: by reference it gives nothing but the type of what is inside, and texts, which are `Sync`.
unsafe impl Sync for Payload {}

impl Payload {
    /// The payload itself, as from [`std::panic::catch_unwind`].
    #[must_use]
    pub fn into_inner(self) -> Box<dyn Any + Send + 'static> {
        self.0
    }

    /// The payload, if it is a `T`.
    ///
    /// # Errors
    /// It is none: then it is given back.
    pub fn downcast<T: Any>(self) -> Result<Box<T>, Payload> {
        self.0.downcast().map_err(Payload)
    }

    /// The text of the panic, if it was one with a text.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        message(&*self.0)
    }
}

impl From<Box<dyn Any + Send + 'static>> for Payload {
    fn from(payload: Box<dyn Any + Send + 'static>) -> Self {
        Payload(payload)
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Payload").field(&self.message().unwrap_or("..")).finish()
    }
}

/// The text of a panic's payload.
pub fn message(payload: &(dyn Any + Send)) -> Option<&str> {
    payload
        .downcast_ref::<&'static str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}

impl fmt::Debug for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JoinError::Panicked(_) => {
                f.debug_tuple("Panicked").field(&self.message().unwrap_or("..")).finish()
            }
            JoinError::Exited => f.write_str("Exited"),
        }
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JoinError::Panicked(payload) => match payload.message() {
                Some(text) => write!(f, "goroutine panicked: {text}"),
                None => f.write_str("goroutine panicked"),
            },
            JoinError::Exited => f.write_str("goroutine left through goexit"),
        }
    }
}

impl std::error::Error for JoinError {}

/// A goroutine could not be started.
///
/// # Examples
/// ```
/// let error = gorge::Builder::new().stack_size(usize::MAX / 2).go(|| ()).err();
/// println!("{}", error.map_or("it fits".to_owned(), |error| error.to_string()));
/// ```
#[derive(Debug, Clone)]
pub struct SpawnError(pub(crate) String);

impl fmt::Display for SpawnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot start a goroutine: {}", self.0)
    }
}

impl std::error::Error for SpawnError {}
