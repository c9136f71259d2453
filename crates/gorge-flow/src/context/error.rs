//! Why a context is done, in Go's words.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// Why a context is done.
///
/// # Examples
/// ```
/// use gorge::context::{self, ContextError};
/// use std::time::Duration;
///
/// let (ctx, _cancel) = context::with_timeout(&context::background(), Duration::from_millis(1));
/// let error = ctx.sleep(Duration::from_secs(3600)).unwrap_err();
/// assert_eq!(error, ContextError::DeadlineExceeded);
/// assert!(error.is_timeout());
/// assert!(!ContextError::Canceled.is_timeout());
/// ```
///
/// # Compared with Go
/// The variables `context.Canceled` and `context.DeadlineExceeded`, with their texts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ContextError {
    /// Somebody called its cancel function, or that of a context above it.
    Canceled,
    /// Its deadline has passed, or that of a context above it.
    DeadlineExceeded,
}

impl ContextError {
    /// Whether time ran out: `Timeout()` of Go's error.
    #[must_use]
    pub const fn is_timeout(self) -> bool {
        matches!(self, ContextError::DeadlineExceeded)
    }
}

impl fmt::Display for ContextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ContextError::Canceled => "context canceled",
            ContextError::DeadlineExceeded => "context deadline exceeded",
        })
    }
}

impl Error for ContextError {}

/// What has led to the end of a context: any error, shared by all contexts that end because of it.
///
/// # Examples
/// ```
/// use gorge::context::{self, Cause};
///
/// let (ctx, cancel) = context::with_cancel_cause(&context::background());
/// cancel.cancel("the disk is full");
/// let cause: Cause = ctx.cause().unwrap();
/// assert_eq!(cause.to_string(), "the disk is full");
/// ```
pub type Cause = Arc<dyn Error + Send + Sync>;

/// How a context has ended.
#[derive(Clone, Debug)]
pub(super) struct End {
    pub(super) error: ContextError,
    /// `None`: nothing but the error itself.
    pub(super) cause: Option<Cause>,
}

impl End {
    pub(super) fn cause(&self) -> Cause {
        self.cause.clone().unwrap_or_else(|| Arc::new(self.error))
    }
}
