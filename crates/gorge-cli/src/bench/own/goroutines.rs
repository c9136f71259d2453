//! Creating, joining, yielding.

use super::checked::{joined, sum_below};
use gorge::{go, runtime};
use std::time::{Duration, Instant};

/// How many goroutines are created before the first is joined.
pub(crate) const BATCH: u64 = 10_000;

pub(crate) fn spawn(n: u64) -> Duration {
    let mut batch = Vec::with_capacity(BATCH as usize);
    let start = Instant::now();
    for _ in 0..n / BATCH {
        for i in 0..BATCH {
            batch.push(go(move || i));
        }
        let sum: u64 = batch.drain(..).map(joined).sum();
        assert_eq!(sum, sum_below(BATCH));
    }
    start.elapsed()
}

pub(crate) fn yields(n: u64) -> Duration {
    let goroutines = 2 * runtime::gomaxprocs(0) as u64;
    let start = Instant::now();
    let all: Vec<_> = (0..goroutines)
        .map(|i| {
            let mine = n / goroutines + u64::from(i < n % goroutines);
            go(move || {
                let mut done = 0;
                for _ in 0..mine {
                    runtime::gosched();
                    done += 1;
                }
                done
            })
        })
        .collect();
    let done: u64 = all.into_iter().map(joined).sum();
    assert_eq!(done, n);
    start.elapsed()
}
