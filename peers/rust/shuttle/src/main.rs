//! The rows about exploring schedules, on shuttle.

use peer_measure::{Figure, Job, None, Offer, main as program, timed};
use shuttle::sync::{Arc, Mutex, mpsc};
use shuttle::{check_dfs, check_random, thread};
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    let offers = [
        Offer::new("explore-ping", random_ping),
        Offer::new("explore-mutex", random_count),
        Offer::new("explore-all-mutex", all_counts).note("depth first, no reduction"),
    ];
    let nones: [None; 2] = [
        ("explore-all-dine", "depth first, no reduction: not done after a million schedules"),
        ("*", "exploration, nothing else"),
    ];
    program(&offers, &nones)
}

fn ping() {
    let (there, at_theirs) = mpsc::sync_channel(0);
    let (back, at_ours) = mpsc::sync_channel(0);
    let other = thread::spawn(move || back.send(at_theirs.recv().unwrap() + 1).unwrap());
    there.send(1).unwrap();
    assert_eq!(at_ours.recv().unwrap(), 2);
    other.join().unwrap();
}

fn count() {
    let count = Arc::new(Mutex::new(0));
    let theirs = count.clone();
    let other = thread::spawn(move || (0..2).for_each(|_| *theirs.lock().unwrap() += 1));
    (0..2).for_each(|_| *count.lock().unwrap() += 1);
    other.join().unwrap();
    assert_eq!(*count.lock().unwrap(), 4);
}

fn random(row: &'static str, job: &Job, program: fn()) -> Vec<Figure> {
    peer_measure::confine(job.procs);
    vec![timed(row, job, 1, |n| {
        let start = Instant::now();
        check_random(program, n as usize);
        start.elapsed()
    })]
}

fn random_ping(job: &Job) -> Vec<Figure> {
    random("explore-ping", job, ping)
}

fn random_count(job: &Job) -> Vec<Figure> {
    random("explore-mutex", job, count)
}

fn all_counts(job: &Job) -> Vec<Figure> {
    peer_measure::confine(job.procs);
    vec![timed("explore-all-mutex", job, 1, |n| {
        let start = Instant::now();
        (0..n).for_each(|_| check_dfs(count, Option::None));
        start.elapsed()
    })]
}
