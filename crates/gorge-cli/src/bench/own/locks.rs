//! Locks: alone, and contended.

use super::together::together;
use crate::bench::measure::ASKED;
use gorge::sync::{Mutex, Once, RwLock, Semaphore};
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

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
