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
    Panicked(Box<dyn Any + Send + 'static>),
    /// It left through [`goexit`](crate::goexit).
    Exited,
}

impl JoinError {
    /// The panic's payload, as from [`std::panic::catch_unwind`].
    pub fn into_panic(self) -> Option<Box<dyn Any + Send + 'static>> {
        match self {
            JoinError::Panicked(payload) => Some(payload),
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
            JoinError::Panicked(payload) => std::panic::resume_unwind(payload),
            JoinError::Exited => crate::runtime::own::goexit(),
        }
    }

    /// The text of the panic, if it was one with a text.
    pub fn message(&self) -> Option<&str> {
        match self {
            JoinError::Panicked(payload) => message(&**payload),
            JoinError::Exited => None,
        }
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
            JoinError::Panicked(payload) => match message(&**payload) {
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
