//! The longest wait for a contended lock.

use peer_measure::{BESIDE, Figure, Job, wait_figure};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, RwLock, Semaphore};
use tokio::task::JoinSet;

/// As `longest_wait` of the stopwatch, for a lock that is a future: one step of it.
fn held<G>(wanted: Instant, guard: G, longest: &mut Duration) -> Instant {
    let had = Instant::now();
    *longest = (*longest).max(had - wanted);
    while had.elapsed() < Duration::from_micros(1) {
        std::hint::spin_loop();
    }
    drop(guard);
    had
}

macro_rules! longest_wait {
    ($end:ident, $lock:expr) => {{
        let mut longest = Duration::ZERO;
        loop {
            let wanted = Instant::now();
            let guard = $lock.await;
            if held(wanted, guard, &mut longest) >= $end {
                break longest;
            }
        }
    }};
}

pub(crate) fn mutex(row: &'static str, workers: usize, job: &Job) -> Vec<Figure> {
    let end = Instant::now() + job.budget;
    let longest = crate::runtime(job).block_on(async {
        let mutex = Arc::new(Mutex::new(()));
        let mut tasks = JoinSet::new();
        for _ in 0..workers {
            let mutex = mutex.clone();
            tasks.spawn(async move { longest_wait!(end, mutex.lock()) });
        }
        tasks.join_all().await.into_iter().max().expect("some")
    });
    vec![wait_figure(row, longest)]
}

pub(crate) fn rwlock(job: &Job) -> Vec<Figure> {
    let end = Instant::now() + job.budget;
    let longest = crate::runtime(job).block_on(async {
        let lock = Arc::new(RwLock::new(()));
        let mut others = JoinSet::new();
        for _ in 0..BESIDE {
            let lock = lock.clone();
            others.spawn(async move { longest_wait!(end, lock.read()) });
        }
        let writer = tokio::spawn(async move { longest_wait!(end, lock.write()) });
        others.join_all().await;
        writer.await.expect("no panic")
    });
    vec![wait_figure("rwlock-wait", longest)]
}

pub(crate) fn semaphore(job: &Job) -> Vec<Figure> {
    let end = Instant::now() + job.budget;
    let longest = crate::runtime(job).block_on(async {
        let places = Arc::new(Semaphore::new(2));
        let mut others = JoinSet::new();
        for _ in 0..BESIDE {
            let places = places.clone();
            others.spawn(async move { longest_wait!(end, places.acquire()) });
        }
        let large = tokio::spawn(async move { longest_wait!(end, places.acquire_many(2)) });
        others.join_all().await;
        large.await.expect("no panic")
    });
    vec![wait_figure("semaphore-wait", longest)]
}
