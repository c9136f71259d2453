//! A reader's share of a lock, and where it stands.

use gorge_base::sync::atomic::AtomicUsize;

/// What a worker reads: the name of a lock, or nothing. See `visible`.
pub(super) type Place = AtomicUsize;

/// A reader's share of a lock.
#[derive(Clone, Copy, Debug)]
pub(super) enum Share {
    /// It is counted in the word.
    Counted,
    /// It is seen here.
    Visible(&'static Place),
}
