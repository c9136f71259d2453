//! Locks on may.

use crate::configure;
use may::go;
use may::sync::{Mutex, RwLock, Semphore};
use peer_measure::{Figure, Job, timed};
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Times `work(n)`, run as a coroutine.
fn row(row: &'static str, job: &Job, work: fn(u64) -> Duration) -> Vec<Figure> {
    configure(job);
    vec![timed(row, job, 1, |n| go!(move || work(n)).join().expect("no panic"))]
}

fn together<S: Send + Sync + 'static>(
    workers: u64,
    n: u64,
    shared: &Arc<S>,
    part: impl Fn(&S, u64) + Copy + Send + 'static,
) -> Duration {
    let start = Instant::now();
    let all: Vec<_> = (0..workers)
        .map(|worker| {
            let mine = n / workers + u64::from(worker < n % workers);
            let shared = shared.clone();
            go!(move || part(&shared, mine))
        })
        .collect();
    for it in all {
        it.join().expect("no panic");
    }
    start.elapsed()
}

pub(crate) fn mutex(job: &Job) -> Vec<Figure> {
    row("mutex-alone", job, |n| {
        let mutex = Mutex::new(0);
        let start = Instant::now();
        for _ in 0..n {
            *black_box(&mutex).lock().expect("no panic") += 1;
        }
        let elapsed = start.elapsed();
        assert_eq!(mutex.into_inner().expect("no panic"), n);
        elapsed
    })
}

fn contended(workers: u64, n: u64) -> Duration {
    let mutex = Arc::new(Mutex::new(0));
    let elapsed = together(workers, n, &mutex, |mutex, mine| {
        for _ in 0..mine {
            *mutex.lock().expect("no panic") += 1;
        }
    });
    assert_eq!(*mutex.lock().expect("no panic"), n);
    elapsed
}

pub(crate) fn mutex_4(job: &Job) -> Vec<Figure> {
    row("mutex-4", job, |n| contended(4, n))
}

pub(crate) fn mutex_64(job: &Job) -> Vec<Figure> {
    row("mutex-64", job, |n| contended(64, n))
}

pub(crate) fn rwlock(job: &Job) -> Vec<Figure> {
    row("rwlock", job, |n| {
        let lock = Arc::new(RwLock::new(0_u64));
        let elapsed = together(4, n, &lock, |lock, mine| {
            let mut seen = 0;
            for i in 0..mine {
                if i % 100 == 0 {
                    *lock.write().expect("no panic") += 1;
                } else {
                    let now = *lock.read().expect("no panic");
                    assert!(now >= seen);
                    seen = now;
                }
            }
        });
        let writes = |worker| (n / 4 + u64::from(worker < n % 4)).div_ceil(100);
        assert_eq!(*lock.read().expect("no panic"), (0..4).map(writes).sum::<u64>());
        elapsed
    })
}

pub(crate) fn semaphore(job: &Job) -> Vec<Figure> {
    row("semaphore", job, |n| {
        let semaphore = Arc::new(Semphore::new(2));
        let elapsed = together(4, n, &semaphore, |semaphore, mine| {
            for _ in 0..mine {
                semaphore.wait();
                semaphore.post();
            }
        });
        assert_eq!(semaphore.get_value(), 2);
        elapsed
    })
}
