//! How late a ticker is while others block their threads, or compute without end.

use crate::bench::measure::{BLOCKED, BLOCKERS, Figure, HOGS, Job, lateness_figures, ticks};
use std::hint::spin_loop;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// The work with many who block: as any code does, unasked.
pub(crate) const BLOCKING: &str = "late-blocking";
/// The work with a few who compute without end.
pub(crate) const COMPUTING: &str = "late-hogs";

pub(crate) fn blocking(job: &Job) -> Vec<Figure> {
    let late = lateness(job, Duration::from_millis(1), BLOCKERS, || std::thread::sleep(BLOCKED));
    lateness_figures(["late-blocking-p99", "late-blocking-max"], late)
}

pub(crate) fn hogs(job: &Job) -> Vec<Figure> {
    let late = lateness(job, Duration::from_millis(10), HOGS, spin_loop);
    lateness_figures(["late-hogs-p99", "late-hogs-max"], late)
}

fn lateness(job: &Job, period: Duration, others: usize, step: fn()) -> Vec<Duration> {
    let stop = Arc::new(AtomicBool::new(false));
    let others: Vec<_> = (0..others)
        .map(|_| {
            let stop = stop.clone();
            gorge::go(move || {
                while !stop.load(Relaxed) {
                    step();
                }
            })
        })
        .collect();
    let late = ticks(job, period).map(|tick| {
        gorge::time::sleep(tick.saturating_duration_since(Instant::now()));
        tick.elapsed()
    });
    let late = late.collect();
    stop.store(true, Relaxed);
    others.into_iter().for_each(|other| other.join().expect("no panic"));
    late
}
