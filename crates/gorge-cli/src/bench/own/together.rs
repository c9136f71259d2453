//! Several goroutines that share the operations of a row.

use super::checked::joined;
use gorge::go;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Runs `part(shared, worker, operations)` on `workers` goroutines, which together do `n`
/// operations, and says how long they took.
pub(crate) fn together<S: Send + Sync + 'static>(
    workers: u64,
    n: u64,
    shared: &Arc<S>,
    part: impl Fn(&S, u64, u64) + Copy + Send + 'static,
) -> Duration {
    let start = Instant::now();
    let all: Vec<_> = (0..workers)
        .map(|worker| {
            let mine = n / workers + u64::from(worker < n % workers);
            let shared = shared.clone();
            go(move || part(&shared, worker, mine))
        })
        .collect();
    all.into_iter().for_each(joined);
    start.elapsed()
}
