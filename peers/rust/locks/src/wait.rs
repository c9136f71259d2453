//! The longest wait for a contended lock.

use peer_measure::{BESIDE, Figure, Job, confine, hold_until, longest_wait, wait_figure};
use std::thread;
use std::time::{Duration, Instant};

pub(crate) fn std_mutex(row: &'static str, workers: usize, job: &Job) -> Vec<Figure> {
    let mutex = std::sync::Mutex::new(());
    of_all(row, workers, job, |end| longest_wait(end, || mutex.lock()))
}

pub(crate) fn pl_mutex(row: &'static str, workers: usize, job: &Job) -> Vec<Figure> {
    let mutex = parking_lot::Mutex::new(());
    of_all(row, workers, job, |end| longest_wait(end, || mutex.lock()))
}

pub(crate) fn std_rwlock(job: &Job) -> Vec<Figure> {
    let lock = std::sync::RwLock::new(());
    of_one(job, |end| hold_until(end, || lock.read()), |end| longest_wait(end, || lock.write()))
}

pub(crate) fn pl_rwlock(job: &Job) -> Vec<Figure> {
    let lock = parking_lot::RwLock::new(());
    of_one(job, |end| hold_until(end, || lock.read()), |end| longest_wait(end, || lock.write()))
}

fn of_all(
    row: &'static str,
    workers: usize,
    job: &Job,
    one: impl Fn(Instant) -> Duration + Sync,
) -> Vec<Figure> {
    confine(job.procs);
    let (end, one) = (Instant::now() + job.budget, &one);
    let longest = thread::scope(|s| {
        let all: Vec<_> = (0..workers).map(|_| s.spawn(move || one(end))).collect();
        all.into_iter().map(|it| it.join().expect("no panic")).max().expect("some")
    });
    vec![wait_figure(row, longest)]
}

fn of_one(
    job: &Job,
    hold: impl Fn(Instant) + Sync,
    wait: impl Fn(Instant) -> Duration,
) -> Vec<Figure> {
    confine(job.procs);
    let (end, hold) = (Instant::now() + job.budget, &hold);
    let longest = thread::scope(|s| {
        (0..BESIDE).for_each(|_| drop(s.spawn(move || hold(end))));
        wait(end)
    });
    vec![wait_figure("rwlock-wait", longest)]
}
