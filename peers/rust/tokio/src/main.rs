//! The rows on tokio: one processor is the `current_thread` runtime, more are
//! the `multi_thread` runtime, each with mimalloc, as tokio is fastest.
//!
//! Tokio has no unbuffered channel; the rows that want one use capacity 1, the
//! smallest. Everything runs in a spawned task: a future driven by `block_on`
//! itself is woken across threads and would make tokio look slower than it is.

mod echo;
mod late;
mod locks;
mod select;
mod serve;
mod waits;

use peer_measure::{
    Figure, Job, Offer, again, crowd_figures, main_with as program, resident_bytes, sum_below,
    timed,
};
use std::hint::black_box;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, yield_now};

const SMALLEST: &str = "capacity 1, tokio's smallest";

fn main() -> ExitCode {
    program(
        &[
            Offer::new("spawn", spawn),
            Offer::new("yield", yields),
            Offer::new("ping-pong", ping_pong).note(SMALLEST),
            Offer::new("stream", stream),
            Offer::new("uncontended", uncontended),
            Offer::new("select-2-ready", select::ready_2),
            Offer::new("select-8-ready", select::ready_8),
            Offer::new("select-2-blocking", select::blocking_2).note(SMALLEST),
            Offer::new("select-8-blocking", select::blocking_8).note(SMALLEST),
            Offer::new("select-1-default", default_1).note("try_recv"),
            Offer::new("select-2-default", select::default_2).note("biased, a ready future last"),
            Offer::new("million", million)
                .note("a oneshot channel each: no channel of many receivers"),
            Offer::new("mutex-alone", locks::mutex),
            Offer::new("mutex-4", locks::mutex_4),
            Offer::new("mutex-64", locks::mutex_64),
            Offer::new("mutex-wait", |job| waits::mutex("mutex-wait", 4, job))
                .aside("always handed over"),
            Offer::new("mutex-wait-64", |job| waits::mutex("mutex-wait-64", 64, job))
                .aside("always handed over"),
            Offer::new("rwlock-wait", waits::rwlock).aside("always handed over"),
            Offer::new("semaphore-wait", waits::semaphore),
            Offer::new("rwlock", locks::rwlock),
            Offer::new("once", locks::once),
            Offer::new("semaphore", locks::semaphore),
            Offer::new("echo-64", echo::echo_64),
            Offer::new("echo-400", echo::echo_400),
            Offer::new("late-blocking", late::blocking).note("spawn_blocking"),
            Offer::new("late-hogs", late::hogs).note("spawn_blocking"),
            Offer::new("group", locks::group).note("JoinSet"),
            Offer::new("context-tree", locks::tree).note("CancellationToken"),
        ],
        &[
            ("echo", "", serve::echo),
            ("http", "hyper", serve::http),
            ("hyper", "hyper", serve::http),
        ],
        &[
            ("pool", "no pool"),
            ("map-read", "no map"),
            ("map-write", "no map"),
            ("convolve", "not for computing; see rayon"),
        ],
    )
}

pub(crate) fn runtime(job: &Job) -> Runtime {
    match job.procs {
        1 => Builder::new_current_thread().enable_io().build(),
        n => Builder::new_multi_thread().worker_threads(n).enable_io().build(),
    }
    .expect("a runtime")
}

/// Times `work(n)`, run as a task of a fresh runtime's own.
pub(crate) fn task<F>(
    row: &'static str,
    job: &Job,
    unit: u64,
    work: impl Fn(u64) -> F,
) -> Vec<Figure>
where
    F: Future<Output = Duration> + Send + 'static,
{
    let runtime = runtime(job);
    let figure = timed(row, job, unit, |n| {
        runtime.block_on(async { tokio::spawn(work(n)).await.expect("no panic") })
    });
    vec![figure]
}

fn spawn(job: &Job) -> Vec<Figure> {
    const BATCH: u64 = 10_000;
    task("spawn", job, BATCH, |n| async move {
        let mut batch = Vec::with_capacity(BATCH as usize);
        let start = Instant::now();
        for _ in 0..n / BATCH {
            for i in 0..BATCH {
                batch.push(tokio::spawn(async move { i }));
            }
            let mut sum = 0;
            for task in batch.drain(..) {
                sum += task.await.expect("no panic");
            }
            assert_eq!(sum, sum_below(BATCH));
        }
        start.elapsed()
    })
}

fn yields(job: &Job) -> Vec<Figure> {
    let tasks = 2 * job.procs as u64;
    task("yield", job, tasks, |n| async move {
        let start = Instant::now();
        let tasks: Vec<JoinHandle<u64>> = (0..tasks)
            .map(|_| {
                tokio::spawn(async move {
                    let mut done = 0;
                    for _ in 0..n / tasks {
                        yield_now().await;
                        done += 1;
                    }
                    done
                })
            })
            .collect();
        let mut sum = 0;
        for task in tasks {
            sum += task.await.expect("no panic");
        }
        assert_eq!(sum, n);
        start.elapsed()
    })
}

fn ping_pong(job: &Job) -> Vec<Figure> {
    task("ping-pong", job, 1, |n| async move {
        let (ping, mut pinged) = mpsc::channel::<u64>(1);
        let (pong, mut ponged) = mpsc::channel::<u64>(1);
        let echo = tokio::spawn(async move {
            let mut sum = 0;
            while let Some(v) = pinged.recv().await {
                sum += v;
                pong.send(v + 1).await.expect("open");
            }
            sum
        });
        let start = Instant::now();
        for i in 0..n {
            ping.send(i).await.expect("open");
            assert_eq!(ponged.recv().await, Some(i + 1));
        }
        let elapsed = start.elapsed();
        drop(ping);
        assert_eq!(echo.await.expect("no panic"), sum_below(n));
        elapsed
    })
}

fn stream(job: &Job) -> Vec<Figure> {
    task("stream", job, 1, |n| async move {
        let (sender, mut receiver) = mpsc::channel::<u64>(128);
        let start = Instant::now();
        let producer = tokio::spawn(async move {
            for i in 0..n {
                sender.send(i).await.expect("open");
            }
        });
        let (mut next, mut sum) = (0, 0);
        while let Some(v) = receiver.recv().await {
            assert_eq!(v, next);
            next += 1;
            sum += v;
        }
        producer.await.expect("no panic");
        assert_eq!(sum, sum_below(n));
        start.elapsed()
    })
}

fn uncontended(job: &Job) -> Vec<Figure> {
    task("uncontended", job, 1, |n| async move {
        let (sender, mut receiver) = mpsc::channel::<u64>(128);
        let start = Instant::now();
        for i in 0..n {
            sender.try_send(i).expect("room");
            assert_eq!(receiver.try_recv(), Ok(i));
        }
        start.elapsed()
    })
}

fn default_1(job: &Job) -> Vec<Figure> {
    task("select-1-default", job, 1, |n| async move {
        let (_sender, mut receiver) = mpsc::channel::<u64>(4);
        let start = Instant::now();
        for _ in 0..n {
            assert!(black_box(&mut receiver).try_recv().is_err());
        }
        start.elapsed()
    })
}

fn million(job: &Job) -> Vec<Figure> {
    let mut figures = crowd(job);
    figures.extend(again(crowd(job)));
    figures
}

fn crowd(job: &Job) -> Vec<Figure> {
    let crowd = job.crowd;
    runtime(job).block_on(async move {
        let body = async move {
            let parked = Arc::new(AtomicUsize::new(0));
            let mut senders = Vec::with_capacity(crowd);
            let mut tasks = Vec::with_capacity(crowd);
            let before = resident_bytes();
            let start = Instant::now();
            for _ in 0..crowd {
                let (sender, receiver) = oneshot::channel::<u64>();
                let parked = parked.clone();
                senders.push(sender);
                tasks.push(tokio::spawn(async move {
                    parked.fetch_add(1, Ordering::Relaxed);
                    receiver.await.expect("a value")
                }));
            }
            while parked.load(Ordering::Relaxed) < crowd {
                yield_now().await;
            }
            let create = start.elapsed();
            let grown = resident_bytes().saturating_sub(before);
            let start = Instant::now();
            for (i, sender) in senders.into_iter().enumerate() {
                sender.send(i as u64).expect("a receiver");
            }
            let mut sum = 0;
            for task in tasks {
                sum += task.await.expect("no panic");
            }
            assert_eq!(sum, sum_below(crowd as u64));
            crowd_figures(crowd, create, grown, start.elapsed())
        };
        tokio::spawn(body).await.expect("no panic")
    })
}
