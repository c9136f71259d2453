//! How a piece of the user's code has ended: with a value, a panic, or `goexit`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use gorge_sched::JoinError;

/// A limit above this is none: so many goroutines there never are. (A channel has fewer places than a `usize` counts.)
pub(crate) const MOST_AT_A_TIME: usize = 1 << 30;

/// Runs `f` and says how it ended.
///
/// What `f` has touched may be in disorder after a panic; callers pass the panic on to whoever
/// would see that.
pub(crate) fn caught<T>(f: impl FnOnce() -> T) -> Result<T, JoinError> {
    catch_unwind(AssertUnwindSafe(f)).map_err(JoinError::from_payload)
}

/// Goes on with a panic, unless that would be a second one at the same time. An exit is nobody's
/// business but the goroutine's that exited.
pub(crate) fn raise(end: JoinError) {
    if let JoinError::Panicked(payload) = end
        && !std::thread::panicking()
    {
        std::panic::resume_unwind(payload.into_inner());
    }
}
