//! Locks, groups and cancellation on tokio.

use crate::task;
use peer_measure::{ASKED, Figure, Job, sum_below};
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, OnceCell, RwLock, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Runs a future of `part(shared, operations)` on each of several tasks, which together do `n` operations.
async fn together<S, F>(
    workers: u64,
    n: u64,
    shared: &Arc<S>,
    part: impl Fn(Arc<S>, u64) -> F,
) -> Duration
where
    F: Future<Output = ()> + Send + 'static,
{
    let start = Instant::now();
    let tasks: Vec<_> = (0..workers)
        .map(|worker| {
            let mine = n / workers + u64::from(worker < n % workers);
            tokio::spawn(part(shared.clone(), mine))
        })
        .collect();
    for task in tasks {
        task.await.expect("no panic");
    }
    start.elapsed()
}

pub(crate) fn mutex(job: &Job) -> Vec<Figure> {
    task("mutex-alone", job, 1, |n| async move {
        let mutex = Mutex::new(0);
        let start = Instant::now();
        for _ in 0..n {
            *black_box(&mutex).lock().await += 1;
        }
        let elapsed = start.elapsed();
        assert_eq!(mutex.into_inner(), n);
        elapsed
    })
}

pub(crate) fn mutex_4(job: &Job) -> Vec<Figure> {
    contended("mutex-4", 4, job)
}

pub(crate) fn mutex_64(job: &Job) -> Vec<Figure> {
    contended("mutex-64", 64, job)
}

fn contended(row: &'static str, workers: u64, job: &Job) -> Vec<Figure> {
    task(row, job, 1, move |n| async move {
        let mutex = Arc::new(Mutex::new(0));
        let elapsed = together(workers, n, &mutex, |mutex, mine| async move {
            for _ in 0..mine {
                *mutex.lock().await += 1;
            }
        })
        .await;
        assert_eq!(*mutex.lock().await, n);
        elapsed
    })
}

pub(crate) fn rwlock(job: &Job) -> Vec<Figure> {
    task("rwlock", job, 1, |n| async move {
        let lock = Arc::new(RwLock::new(0_u64));
        let elapsed = together(4, n, &lock, |lock, mine| async move {
            let mut seen = 0;
            for i in 0..mine {
                if i % 100 == 0 {
                    *lock.write().await += 1;
                } else {
                    let now = *lock.read().await;
                    assert!(now >= seen);
                    seen = now;
                }
            }
        })
        .await;
        let writes = |worker| (n / 4 + u64::from(worker < n % 4)).div_ceil(100);
        assert_eq!(*lock.read().await, (0..4).map(writes).sum::<u64>());
        elapsed
    })
}

pub(crate) fn once(job: &Job) -> Vec<Figure> {
    task("once", job, ASKED, |n| async move {
        let once = OnceCell::new();
        let mut calls = 0;
        let start = Instant::now();
        for _ in 0..n / ASKED {
            for _ in 0..ASKED {
                black_box(&once).get_or_init(async || calls += 1).await;
            }
        }
        let elapsed = start.elapsed();
        assert_eq!(calls, 1);
        elapsed
    })
}

pub(crate) fn semaphore(job: &Job) -> Vec<Figure> {
    task("semaphore", job, 1, |n| async move {
        let semaphore = Arc::new(Semaphore::new(2));
        let elapsed = together(4, n, &semaphore, |semaphore, mine| async move {
            for _ in 0..mine {
                drop(semaphore.acquire().await.expect("open"));
            }
        })
        .await;
        assert_eq!(semaphore.available_permits(), 2);
        elapsed
    })
}

pub(crate) fn group(job: &Job) -> Vec<Figure> {
    const GROUP: u64 = 100;
    task("group", job, GROUP, |n| async move {
        let sum = Arc::new(AtomicU64::new(0));
        let start = Instant::now();
        for _ in 0..n / GROUP {
            let mut group = JoinSet::new();
            for i in 0..GROUP {
                let sum = sum.clone();
                group.spawn(async move {
                    sum.fetch_add(i, Ordering::Relaxed);
                    Ok::<(), String>(())
                });
            }
            while let Some(ended) = group.join_next().await {
                assert_eq!(ended.expect("no panic"), Ok(()));
            }
            assert_eq!(sum.swap(0, Ordering::Relaxed), sum_below(GROUP));
        }
        start.elapsed()
    })
}

pub(crate) fn tree(job: &Job) -> Vec<Figure> {
    const TREE: usize = 1000;
    task("context-tree", job, TREE as u64, |n| async move {
        let mut tree: Vec<CancellationToken> = Vec::with_capacity(TREE);
        let start = Instant::now();
        for _ in 0..n / TREE as u64 {
            tree.push(CancellationToken::new());
            for i in 1..TREE {
                let child = tree[(i - 1) / 10].child_token();
                tree.push(child);
            }
            tree[0].cancel();
            assert!(tree.drain(..).all(|token| token.is_cancelled()));
        }
        start.elapsed()
    })
}
