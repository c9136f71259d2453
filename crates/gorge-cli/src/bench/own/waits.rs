//! How long somebody waits for a lock at most: figures that are not a time for each operation, but the longest of all.

use super::checked::joined;
use crate::bench::measure::{BESIDE, Figure, Job, hold_until, longest_wait, wait_figure};
use gorge::go;
use gorge::sync::{Mutex, RwLock, Semaphore};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The figure of `row`, one of `WAITS`.
pub(crate) fn longest(row: &'static str, job: &Job) -> Figure {
    let end = Instant::now() + job.budget;
    let longest = match row {
        "mutex-wait" => of_a_mutex(4, end),
        "mutex-wait-64" => of_a_mutex(64, end),
        "rwlock-wait" => of_a_writer(end),
        _ => of_a_large_request(end),
    };
    wait_figure(row, longest)
}

fn of_a_mutex(workers: usize, end: Instant) -> Duration {
    let mutex = Arc::new(Mutex::new(()));
    let all: Vec<_> = (0..workers)
        .map(|_| {
            let mutex = mutex.clone();
            go(move || longest_wait(end, || mutex.lock()))
        })
        .collect();
    all.into_iter().map(joined).max().expect("some")
}

/// The longest wait of one, while others hold what it waits for.
fn of_one<S: Send + Sync + 'static>(
    shared: S,
    end: Instant,
    hold: fn(&S, Instant),
    wait: fn(&S, Instant) -> Duration,
) -> Duration {
    let shared = Arc::new(shared);
    let others: Vec<_> = (0..BESIDE)
        .map(|_| {
            let shared = shared.clone();
            go(move || hold(&shared, end))
        })
        .collect();
    let longest = joined(go(move || wait(&shared, end)));
    others.into_iter().for_each(joined);
    longest
}

fn of_a_writer(end: Instant) -> Duration {
    let hold = |lock: &RwLock<()>, end| hold_until(end, || lock.read());
    of_one(RwLock::new(()), end, hold, |lock, end| longest_wait(end, || lock.write()))
}

fn of_a_large_request(end: Instant) -> Duration {
    let hold = |places: &Semaphore, end| hold_until(end, || places.acquire(1));
    of_one(Semaphore::new(2), end, hold, |places, end| longest_wait(end, || places.acquire(2)))
}
