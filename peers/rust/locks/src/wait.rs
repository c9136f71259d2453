//! The longest wait for a contended mutex.

use peer_measure::{Figure, Job, confine, longest_wait};
use std::thread;
use std::time::{Duration, Instant};

pub(crate) fn std(job: &Job) -> Vec<Figure> {
    let mutex = std::sync::Mutex::new(());
    of_4(job, |end| longest_wait(end, || mutex.lock()))
}

pub(crate) fn parking_lot(job: &Job) -> Vec<Figure> {
    let mutex = parking_lot::Mutex::new(());
    of_4(job, |end| longest_wait(end, || mutex.lock()))
}

fn of_4(job: &Job, one: impl Fn(Instant) -> Duration + Sync) -> Vec<Figure> {
    confine(job.procs);
    let (end, one) = (Instant::now() + job.budget, &one);
    let longest = thread::scope(|s| {
        let all = [(); 4].map(|()| s.spawn(move || one(end)));
        all.into_iter().map(|it| it.join().expect("no panic")).max().expect("four")
    });
    vec![Figure { row: "mutex-wait", ops: 1, elapsed: longest, bytes: None }]
}
