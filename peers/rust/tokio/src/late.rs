//! How late a ticker is while others block their threads, or compute without end: on threads for that,
//! as they must be here.

use peer_measure::{BLOCKED, BLOCKERS, Figure, HOGS, Job, lateness_figures, ticks};
use std::hint::spin_loop;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;
use tokio::runtime::Builder;

pub(crate) fn blocking(job: &Job) -> Vec<Figure> {
    let late = lateness(job, Duration::from_millis(1), BLOCKERS, || std::thread::sleep(BLOCKED));
    lateness_figures(["late-blocking-p99", "late-blocking-max"], late)
}

pub(crate) fn hogs(job: &Job) -> Vec<Figure> {
    let late = lateness(job, Duration::from_millis(10), HOGS, spin_loop);
    lateness_figures(["late-hogs-p99", "late-hogs-max"], late)
}

fn lateness(job: &Job, period: Duration, others: usize, step: fn()) -> Vec<Duration> {
    let runtime = match job.procs {
        1 => Builder::new_current_thread().enable_time().max_blocking_threads(BLOCKERS).build(),
        n => {
            let mut builder = Builder::new_multi_thread();
            builder.worker_threads(n).enable_time().max_blocking_threads(BLOCKERS).build()
        }
    };
    let runtime = runtime.expect("a runtime");
    let job = *job;
    runtime.block_on(async move {
        let stop = Arc::new(AtomicBool::new(false));
        for _ in 0..others {
            let stop = stop.clone();
            tokio::task::spawn_blocking(move || {
                while !stop.load(Relaxed) {
                    step();
                }
            });
        }
        let ticker = tokio::spawn(async move {
            let mut late = Vec::new();
            for tick in ticks(&job, period) {
                tokio::time::sleep_until(tick.into()).await;
                late.push(tick.elapsed());
            }
            late
        });
        let late = ticker.await.expect("no panic");
        stop.store(true, Relaxed);
        late
    })
}
