//! A worker pool is so many goroutines between two channels. They take jobs from
//! one and send results to the other; closing the jobs ends the workers, and when
//! the last of them is gone the results are closed too.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Receiver, Sender, channel, go, time};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

static AT_WORK: AtomicU32 = AtomicU32::new(0);
static MOST: AtomicU32 = AtomicU32::new(0);

fn worker(jobs: Receiver<u64>, results: Sender<(u64, u64)>) {
    for job in jobs {
        MOST.fetch_max(AT_WORK.fetch_add(1, Relaxed) + 1, Relaxed);
        time::sleep(Duration::from_secs(1));
        AT_WORK.fetch_sub(1, Relaxed);
        _ = results.send((job, job * job));
    }
}

fn main() {
    let (jobs_in, jobs) = channel(10);
    let (results_in, results) = channel(10);
    for _ in 0..3 {
        let (jobs, results_in) = (jobs.clone(), results_in.clone());
        go(move || worker(jobs, results_in));
    }
    drop(results_in);
    go(move || (0..9).try_for_each(|job| jobs_in.send(job)));
    for (job, square) in results {
        println!("job {job}: {square}");
    }
    println!("workers at once: {}", MOST.load(Relaxed));
}

pub(crate) const PROGRAM: Program = Program {
    name: "worker-pool",
    source: Source { path: file!(), text: include_str!("worker_pool.rs") },
    shows: "every job squared once, three at a time",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    let mut lines: Vec<String> = (0..9).map(|job| format!("job {job}: {}", job * job)).collect();
    lines.push("workers at once: 3".to_owned());
    run.printed_in_any_order(&lines)?;
    run.printed_once_at(3.0, "workers at once: 3")
}
