//! How long one operation may take.

use std::time::Duration;

use gorge_base::atomic::{AtomicU64, Ordering::Relaxed};
use gorge_sync::time::Instant;

const NONE: u64 = u64::MAX;

/// Nanoseconds, or none.
#[derive(Debug)]
pub(super) struct Limit(AtomicU64);

impl Limit {
    pub(super) const fn new() -> Limit {
        Limit(AtomicU64::new(NONE))
    }

    pub(super) fn set(&self, timeout: Option<Duration>) {
        let nanos = |t: Duration| u64::try_from(t.as_nanos()).unwrap_or(NONE).min(NONE - 1);
        self.0.store(timeout.map_or(NONE, nanos), Relaxed);
    }

    pub(super) fn get(&self) -> Option<Duration> {
        Some(self.0.load(Relaxed)).filter(|t| *t != NONE).map(Duration::from_nanos)
    }

    /// When an operation that begins now must end.
    pub(super) fn end(&self) -> Option<Instant> {
        self.get().map(|t| Instant::now() + t)
    }
}
