//! Kanal's futures, on tokio: the `current_thread` runtime for one processor,
//! `multi_thread` for more.

use kanal::bounded_async;
use peer_measure::{Figure, Job, again, crowd_figures, resident_bytes, sum_below, timed};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};
use tokio::task::yield_now;

fn runtime(job: &Job) -> Runtime {
    match job.procs {
        1 => Builder::new_current_thread().build(),
        n => Builder::new_multi_thread().worker_threads(n).build(),
    }
    .expect("a runtime")
}

fn task<F>(row: &'static str, job: &Job, work: fn(u64) -> F) -> Vec<Figure>
where
    F: Future<Output = Duration> + Send + 'static,
{
    let runtime = runtime(job);
    vec![timed(row, job, 1, |n| {
        runtime.block_on(async { tokio::spawn(work(n)).await.expect("no panic") })
    })]
}

pub(crate) fn ping_pong(job: &Job) -> Vec<Figure> {
    task("ping-pong", job, |n| async move {
        let (ping, pinged) = bounded_async::<u64>(0);
        let (pong, ponged) = bounded_async::<u64>(0);
        let echo = tokio::spawn(async move {
            let mut sum = 0;
            while let Ok(v) = pinged.recv().await {
                sum += v;
                pong.send(v + 1).await.expect("open");
            }
            sum
        });
        let start = Instant::now();
        for i in 0..n {
            ping.send(i).await.expect("open");
            assert_eq!(ponged.recv().await, Ok(i + 1));
        }
        let elapsed = start.elapsed();
        drop(ping);
        assert_eq!(echo.await.expect("no panic"), sum_below(n));
        elapsed
    })
}

pub(crate) fn stream(job: &Job) -> Vec<Figure> {
    task("stream", job, |n| async move {
        let (sender, receiver) = bounded_async::<u64>(128);
        let start = Instant::now();
        let producer = tokio::spawn(async move {
            for i in 0..n {
                sender.send(i).await.expect("open");
            }
        });
        let (mut next, mut sum) = (0, 0);
        while let Ok(v) = receiver.recv().await {
            assert_eq!(v, next);
            next += 1;
            sum += v;
        }
        producer.await.expect("no panic");
        assert_eq!(sum, sum_below(n));
        start.elapsed()
    })
}

pub(crate) fn uncontended(job: &Job) -> Vec<Figure> {
    task("uncontended", job, |n| async move {
        let (sender, receiver) = bounded_async::<u64>(128);
        let start = Instant::now();
        for i in 0..n {
            sender.send(i).await.expect("open");
            assert_eq!(receiver.recv().await, Ok(i));
        }
        start.elapsed()
    })
}

pub(crate) fn million(job: &Job) -> Vec<Figure> {
    let mut figures = crowd(job);
    figures.extend(again(crowd(job)));
    figures
}

fn crowd(job: &Job) -> Vec<Figure> {
    let crowd = job.crowd;
    let body = async move {
        let (sender, receiver) = bounded_async::<u64>(0);
        let parked = Arc::new(AtomicUsize::new(0));
        let mut tasks = Vec::with_capacity(crowd);
        let before = resident_bytes();
        let start = Instant::now();
        for _ in 0..crowd {
            let (receiver, parked) = (receiver.clone(), parked.clone());
            tasks.push(tokio::spawn(async move {
                parked.fetch_add(1, Ordering::Relaxed);
                receiver.recv().await.expect("open")
            }));
        }
        while parked.load(Ordering::Relaxed) < crowd {
            yield_now().await;
        }
        let create = start.elapsed();
        let grown = resident_bytes().saturating_sub(before);
        let start = Instant::now();
        for i in 0..crowd as u64 {
            sender.send(i).await.expect("open");
        }
        let mut sum = 0;
        for task in tasks {
            sum += task.await.expect("no panic");
        }
        assert_eq!(sum, sum_below(crowd as u64));
        crowd_figures(crowd, create, grown, start.elapsed())
    };
    runtime(job).block_on(async { tokio::spawn(body).await.expect("no panic") })
}
