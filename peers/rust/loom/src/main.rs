//! The rows about exploring all schedules, on loom.

use loom::model::Builder;
use loom::sync::{Arc, Mutex};
use loom::thread;
use peer_measure::{Figure, Job, None, Offer, main as program, timed};
use std::process::ExitCode;
use std::time::Instant;

const NO_CHANCE: &str = "tries all schedules, none at random";

fn main() -> ExitCode {
    let offers =
        [Offer::new("explore-all-mutex", all_counts), Offer::new("explore-all-dine", all_dinners)];
    let nones: [None; 3] = [
        ("explore-ping", NO_CHANCE),
        ("explore-mutex", NO_CHANCE),
        ("*", "exploration, nothing else"),
    ];
    program(&offers, &nones)
}

fn count() {
    let count = Arc::new(Mutex::new(0));
    let theirs = count.clone();
    let other = thread::spawn(move || (0..2).for_each(|_| *theirs.lock().unwrap() += 1));
    (0..2).for_each(|_| *count.lock().unwrap() += 1);
    other.join().unwrap();
    assert_eq!(*count.lock().unwrap(), 4);
}

fn dine() {
    let forks: Vec<_> = (0..3).map(|_| Arc::new(Mutex::new(0))).collect();
    let all: Vec<_> = [(0, 1), (1, 2), (0, 2)]
        .map(|(left, right)| {
            let (left, right) = (forks[left].clone(), forks[right].clone());
            thread::spawn(move || {
                let mut left = left.lock().unwrap();
                let mut right = right.lock().unwrap();
                *left += 1;
                *right += 1;
            })
        })
        .into();
    all.into_iter().for_each(|one| one.join().unwrap());
    let uses: i32 = forks.iter().map(|fork| *fork.lock().unwrap()).sum();
    assert_eq!(uses, 6);
}

fn all(row: &'static str, job: &Job, program: fn()) -> Vec<Figure> {
    peer_measure::confine(job.procs);
    vec![timed(row, job, 1, |n| {
        let start = Instant::now();
        (0..n).for_each(|_| Builder::new().check(program));
        start.elapsed()
    })]
}

fn all_counts(job: &Job) -> Vec<Figure> {
    all("explore-all-mutex", job, count)
}

fn all_dinners(job: &Job) -> Vec<Figure> {
    all("explore-all-dine", job, dine)
}
