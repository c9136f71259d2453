//! The rows about locks on threads: std, parking_lot, and what crossbeam and
//! dashmap add. One processor means that all threads are confined to one.

mod keeping;
mod wait;

use crossbeam_utils::sync::ShardedLock;
use peer_measure::{ASKED, Figure, Job, None, Offer, confine, main as program, timed};
use std::hint::black_box;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

fn main() -> ExitCode {
    let offers = [
        Offer::new("mutex-alone", std_mutex).variant("std"),
        Offer::new("mutex-alone", pl_mutex).variant("parking_lot"),
        Offer::new("mutex-4", |job| std_contended("mutex-4", 4, job)).variant("std"),
        Offer::new("mutex-4", |job| pl_contended("mutex-4", 4, job)).variant("parking_lot"),
        Offer::new("mutex-64", |job| std_contended("mutex-64", 64, job)).variant("std"),
        Offer::new("mutex-64", |job| pl_contended("mutex-64", 64, job)).variant("parking_lot"),
        Offer::new("mutex-wait", |job| wait::std_mutex("mutex-wait", 4, job)).variant("std"),
        Offer::new("mutex-wait", |job| wait::pl_mutex("mutex-wait", 4, job)).variant("parking_lot"),
        Offer::new("mutex-wait-64", |job| wait::std_mutex("mutex-wait-64", 64, job)).variant("std"),
        Offer::new("mutex-wait-64", |job| wait::pl_mutex("mutex-wait-64", 64, job))
            .variant("parking_lot"),
        Offer::new("rwlock-wait", wait::std_rwlock).variant("std"),
        Offer::new("rwlock-wait", wait::pl_rwlock).variant("parking_lot"),
        Offer::new("rwlock", std_rwlock).variant("std"),
        Offer::new("rwlock", pl_rwlock).variant("parking_lot"),
        Offer::new("rwlock", sharded_rwlock).variant("crossbeam"),
        Offer::new("once", std_once).variant("std"),
        Offer::new("once", pl_once).variant("parking_lot"),
        Offer::new("pool", keeping::queue_pool).variant("crossbeam"),
        Offer::new("map-read", keeping::dash_read).variant("dashmap"),
        Offer::new("map-read", keeping::locked_read).variant("std"),
        Offer::new("map-write", keeping::dash_write).variant("dashmap"),
        Offer::new("map-write", keeping::locked_write).variant("std"),
    ];
    let nones: [None; 1] = [("*", "locks for threads, nothing else")];
    program(&offers, &nones)
}

fn threads(row: &'static str, job: &Job, work: impl FnMut(u64) -> Duration) -> Vec<Figure> {
    confine(job.procs);
    vec![timed(row, job, 1, work)]
}

/// Runs `part(worker, operations)` on several threads, which together do `n` operations.
fn together(workers: u64, n: u64, part: impl Fn(u64, u64) + Sync) -> Duration {
    let (start, part) = (Instant::now(), &part);
    thread::scope(|s| {
        for worker in 0..workers {
            let mine = n / workers + u64::from(worker < n % workers);
            s.spawn(move || part(worker, mine));
        }
    });
    start.elapsed()
}

fn std_mutex(job: &Job) -> Vec<Figure> {
    threads("mutex-alone", job, |n| {
        let mutex = std::sync::Mutex::new(0);
        let start = Instant::now();
        for _ in 0..n {
            *black_box(&mutex).lock().expect("no panic") += 1;
        }
        let elapsed = start.elapsed();
        assert_eq!(mutex.into_inner().expect("no panic"), n);
        elapsed
    })
}

fn pl_mutex(job: &Job) -> Vec<Figure> {
    threads("mutex-alone", job, |n| {
        let mutex = parking_lot::Mutex::new(0);
        let start = Instant::now();
        for _ in 0..n {
            *black_box(&mutex).lock() += 1;
        }
        let elapsed = start.elapsed();
        assert_eq!(mutex.into_inner(), n);
        elapsed
    })
}

fn std_contended(row: &'static str, workers: u64, job: &Job) -> Vec<Figure> {
    threads(row, job, |n| {
        let mutex = std::sync::Mutex::new(0);
        let elapsed = together(workers, n, |_, mine| {
            for _ in 0..mine {
                *mutex.lock().expect("no panic") += 1;
            }
        });
        assert_eq!(mutex.into_inner().expect("no panic"), n);
        elapsed
    })
}

fn pl_contended(row: &'static str, workers: u64, job: &Job) -> Vec<Figure> {
    threads(row, job, |n| {
        let mutex = parking_lot::Mutex::new(0);
        let elapsed = together(workers, n, |_, mine| {
            for _ in 0..mine {
                *mutex.lock() += 1;
            }
        });
        assert_eq!(mutex.into_inner(), n);
        elapsed
    })
}

/// What each of four does with a lock for many readers, given how to write and how to read.
fn mostly_reading(mine: u64, mut write: impl FnMut(), mut read: impl FnMut() -> u64) {
    let mut seen = 0;
    for i in 0..mine {
        if i % 100 == 0 {
            write();
        } else {
            let now = read();
            assert!(now >= seen);
            seen = now;
        }
    }
}

fn writes(n: u64) -> u64 {
    (0..4).map(|worker| (n / 4 + u64::from(worker < n % 4)).div_ceil(100)).sum()
}

fn std_rwlock(job: &Job) -> Vec<Figure> {
    threads("rwlock", job, |n| {
        let lock = std::sync::RwLock::new(0_u64);
        let elapsed = together(4, n, |_, mine| {
            let write = || *lock.write().expect("no panic") += 1;
            mostly_reading(mine, write, || *lock.read().expect("no panic"));
        });
        assert_eq!(lock.into_inner().expect("no panic"), writes(n));
        elapsed
    })
}

fn pl_rwlock(job: &Job) -> Vec<Figure> {
    threads("rwlock", job, |n| {
        let lock = parking_lot::RwLock::new(0_u64);
        let elapsed = together(4, n, |_, mine| {
            mostly_reading(mine, || *lock.write() += 1, || *lock.read());
        });
        assert_eq!(lock.into_inner(), writes(n));
        elapsed
    })
}

fn sharded_rwlock(job: &Job) -> Vec<Figure> {
    threads("rwlock", job, |n| {
        let lock = ShardedLock::new(0_u64);
        let elapsed = together(4, n, |_, mine| {
            let write = || *lock.write().expect("no panic") += 1;
            mostly_reading(mine, write, || *lock.read().expect("no panic"));
        });
        assert_eq!(lock.into_inner().expect("no panic"), writes(n));
        elapsed
    })
}

fn asking(job: &Job, work: impl FnMut(u64) -> Duration) -> Vec<Figure> {
    confine(job.procs);
    vec![timed("once", job, ASKED, work)]
}

fn std_once(job: &Job) -> Vec<Figure> {
    asking(job, |n| {
        let once = std::sync::Once::new();
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
    })
}

fn pl_once(job: &Job) -> Vec<Figure> {
    asking(job, |n| {
        let once = parking_lot::Once::new();
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
    })
}
