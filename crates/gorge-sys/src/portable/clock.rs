//! `Instant`, counted from the first look at it.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// A little more than zero, so that "one second before now" is still a time.
const START: u64 = 3_600 * 1_000_000_000;

fn base() -> Instant {
    static BASE: OnceLock<Instant> = OnceLock::new();
    *BASE.get_or_init(Instant::now)
}

/// Nanoseconds since the first call, plus an hour.
pub(crate) fn now() -> u64 {
    START + base().elapsed().as_nanos() as u64
}

/// How long until `deadline`; zero when it has passed.
pub(super) fn until(deadline: u64) -> Duration {
    Duration::from_nanos(deadline.saturating_sub(now()))
}
