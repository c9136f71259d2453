//! Locks: alone, contended, and how long somebody waits at most.

use super::checked::joined;
use super::together::together;
use crate::bench::measure::{ASKED, Figure, Job, longest_wait};
use gorge::go;
use gorge::sync::{Mutex, Once, RwLock, Semaphore};
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The work whose figure is not a time for each operation, but the longest of all.
pub(super) const WAIT: &str = "mutex-wait";

pub(crate) fn mutex(n: u64) -> Duration {
    let mutex = Mutex::new(0);
    let start = Instant::now();
    for _ in 0..n {
        *black_box(&mutex).lock() += 1;
    }
    let elapsed = start.elapsed();
    assert_eq!(mutex.into_inner(), n);
    elapsed
}

fn contended(workers: u64, n: u64) -> Duration {
    let mutex = Arc::new(Mutex::new(0));
    let elapsed = together(workers, n, &mutex, |mutex, _, mine| {
        for _ in 0..mine {
            *mutex.lock() += 1;
        }
    });
    assert_eq!(*mutex.lock(), n);
    elapsed
}

pub(crate) fn mutex_4(n: u64) -> Duration {
    contended(4, n)
}

pub(crate) fn mutex_64(n: u64) -> Duration {
    contended(64, n)
}

/// The longest time that one of four has waited for a mutex which each holds for a microsecond.
pub(crate) fn wait_of_4(job: &Job) -> Figure {
    let mutex = Arc::new(Mutex::new(()));
    let end = Instant::now() + job.budget;
    let all: Vec<_> = (0..4)
        .map(|_| {
            let mutex = mutex.clone();
            go(move || longest_wait(end, || mutex.lock()))
        })
        .collect();
    let longest = all.into_iter().map(joined).max().expect("four");
    Figure { row: WAIT, ops: 1, elapsed: longest, bytes: None }
}

pub(crate) fn rwlock(n: u64) -> Duration {
    let lock = Arc::new(RwLock::new(0_u64));
    let elapsed = together(4, n, &lock, |lock, _, mine| {
        let mut seen = 0;
        for i in 0..mine {
            if i % 100 == 0 {
                *lock.write() += 1;
            } else {
                let now = *lock.read();
                assert!(now >= seen);
                seen = now;
            }
        }
    });
    let writes = |worker| (n / 4 + u64::from(worker < n % 4)).div_ceil(100);
    assert_eq!(*lock.read(), (0..4).map(writes).sum::<u64>());
    elapsed
}

pub(crate) fn once(n: u64) -> Duration {
    let once = Once::new();
    let mut calls = 0;
    let start = Instant::now();
    for _ in 0..n / ASKED {
        for _ in 0..ASKED {
            black_box(&once).call_once(|| calls += 1);
        }
    }
    let elapsed = start.elapsed();
    assert_eq!(calls, 1);
    elapsed
}

pub(crate) fn semaphore(n: u64) -> Duration {
    let semaphore = Arc::new(Semaphore::new(2));
    let elapsed = together(4, n, &semaphore, |semaphore, _, mine| {
        for _ in 0..mine {
            drop(semaphore.acquire(1));
        }
    });
    assert_eq!(semaphore.available(), 2);
    elapsed
}
