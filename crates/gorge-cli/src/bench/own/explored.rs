//! The rows about exploring schedules.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gorge::sync::Mutex;
use gorge::testing::explore;
use gorge::{channel, go};

use super::checked::joined;

fn ping() {
    let (there, at_theirs) = channel(0);
    let (back, at_ours) = channel(0);
    let other = go(move || back.send(at_theirs.recv().expect("sent") + 1).expect("received"));
    there.send(1).expect("received");
    assert_eq!(at_ours.recv(), Ok(2));
    joined(other);
}

fn count() {
    let count = Arc::new(Mutex::new(0));
    let theirs = count.clone();
    let other = go(move || (0..2).for_each(|_| *theirs.lock() += 1));
    (0..2).for_each(|_| *count.lock() += 1);
    joined(other);
    assert_eq!(*count.lock(), 4);
}

fn dine() {
    let forks: Vec<_> = (0..3).map(|_| Arc::new(Mutex::new(0))).collect();
    let all = [(0, 1), (1, 2), (0, 2)].map(|(left, right)| {
        let (left, right) = (forks[left].clone(), forks[right].clone());
        go(move || {
            let mut left = left.lock();
            let mut right = right.lock();
            *left += 1;
            *right += 1;
        })
    });
    all.into_iter().for_each(joined);
    let uses: i32 = forks.iter().map(|fork| *fork.lock()).sum();
    assert_eq!(uses, 6);
}

/// So many schedules at random.
fn random(n: u64, program: fn()) -> Duration {
    let start = Instant::now();
    let explored = explore().random(n).races(false).run(program);
    assert_eq!(explored.schedules, n);
    start.elapsed()
}

/// All schedules, so many times.
fn all(n: u64, program: fn()) -> Duration {
    let start = Instant::now();
    for _ in 0..n {
        let explored = explore().exhaustive().races(false).run(program);
        assert!(explored.complete && !explored.bounded);
    }
    start.elapsed()
}

pub(super) fn random_ping(n: u64) -> Duration {
    random(n, ping)
}

pub(super) fn random_count(n: u64) -> Duration {
    random(n, count)
}

pub(super) fn all_counts(n: u64) -> Duration {
    all(n, count)
}

pub(super) fn all_dinners(n: u64) -> Duration {
    all(n, dine)
}
