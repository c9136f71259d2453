//! The rows on may: coroutines with stacks, on as many workers as processors.
//!
//! May has no bounded channel. Its unbounded ones never make a sender wait, which
//! is less work, so they are shown beside the rows and not compared. Its pool holds a whole batch, its workers are not
//! pinned (the machine may have other work), and the allocator is mimalloc.

mod locks;

use may::coroutine::{self, JoinHandle, yield_now};
use may::sync::{mpmc, spsc};
use may::{config, go, select};
use peer_measure::{
    Figure, Job, None, Offer, again, crowd_figures, main as program, resident_bytes, sum_below,
    timed,
};
use std::array;
use std::hint::black_box;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const BATCH: u64 = 10_000;
const UNBOUNDED: &str = "unbounded channel of one sender and one receiver";
const COROUTINES: &str = "unbounded channels, a coroutine for each arm";

fn main() -> ExitCode {
    let mut offers = vec![
        Offer::new("spawn", spawn),
        Offer::new("yield", yields),
        Offer::new("ping-pong", ping_pong).aside(UNBOUNDED),
        Offer::new("uncontended", uncontended).aside(UNBOUNDED),
        Offer::new("select-2-ready", ready_2).aside(COROUTINES),
        Offer::new("select-8-ready", ready_8).aside(COROUTINES),
        Offer::new("select-1-default", default_1)
            .aside("its select has no default; this is try_recv"),
        Offer::new("mutex-alone", locks::mutex),
        Offer::new("mutex-4", locks::mutex_4),
        Offer::new("mutex-64", locks::mutex_64),
        Offer::new("rwlock", locks::rwlock),
        Offer::new("semaphore", locks::semaphore),
    ];
    let loses = "an arm that loses the race loses its value";
    let mut nones: Vec<None> = vec![
        ("stream", "no bounded channel"),
        ("select-2-blocking", loses),
        ("select-8-blocking", loses),
        ("select-2-default", "select has no default"),
        ("*", "no such thing"),
    ];
    if mappings_allowed() > 2_100_000 {
        offers.push(Offer::new("million", million).note("unbounded channel, stacks of 4 KiB"));
    } else {
        nones.push(("million", "two mappings for each stack: more than vm.max_map_count"));
    }
    program(&offers, &nones)
}

fn mappings_allowed() -> u64 {
    let text = std::fs::read_to_string("/proc/sys/vm/max_map_count").unwrap_or_default();
    text.trim().parse().unwrap_or(u64::MAX)
}

fn configure(job: &Job) {
    let config = config();
    config.set_workers(job.procs);
    config.set_pool_capacity(2 * BATCH as usize);
    config.set_worker_pin(false);
}

fn coroutine(row: &'static str, job: &Job, unit: u64, work: fn(u64) -> Duration) -> Vec<Figure> {
    configure(job);
    vec![timed(row, job, unit, |n| go!(move || work(n)).join().expect("no panic"))]
}

fn spawn(job: &Job) -> Vec<Figure> {
    coroutine("spawn", job, BATCH, |n| {
        let mut batch = Vec::with_capacity(BATCH as usize);
        let start = Instant::now();
        for _ in 0..n / BATCH {
            for i in 0..BATCH {
                batch.push(go!(move || i));
            }
            let mut sum = 0;
            for coroutine in batch.drain(..) {
                sum += coroutine.join().expect("no panic");
            }
            assert_eq!(sum, sum_below(BATCH));
        }
        start.elapsed()
    })
}

fn yields(job: &Job) -> Vec<Figure> {
    configure(job);
    let coroutines = 2 * job.procs as u64;
    vec![timed("yield", job, coroutines, |n| {
        let start = Instant::now();
        let coroutines: Vec<JoinHandle<u64>> = (0..coroutines)
            .map(|_| {
                go!(move || {
                    let mut done = 0;
                    for _ in 0..n / coroutines {
                        yield_now();
                        done += 1;
                    }
                    done
                })
            })
            .collect();
        let done: u64 =
            coroutines.into_iter().map(|coroutine| coroutine.join().expect("no panic")).sum();
        assert_eq!(done, n);
        start.elapsed()
    })]
}

fn ping_pong(job: &Job) -> Vec<Figure> {
    coroutine("ping-pong", job, 1, |n| {
        let (ping, pinged) = spsc::channel::<u64>();
        let (pong, ponged) = spsc::channel::<u64>();
        let echo = go!(move || {
            let mut sum = 0;
            while let Ok(v) = pinged.recv() {
                sum += v;
                pong.send(v + 1).expect("open");
            }
            sum
        });
        let start = Instant::now();
        for i in 0..n {
            ping.send(i).expect("open");
            assert_eq!(ponged.recv(), Ok(i + 1));
        }
        let elapsed = start.elapsed();
        drop(ping);
        assert_eq!(echo.join().expect("no panic"), sum_below(n));
        elapsed
    })
}

fn uncontended(job: &Job) -> Vec<Figure> {
    coroutine("uncontended", job, 1, |n| {
        let (sender, receiver) = spsc::channel::<u64>();
        let start = Instant::now();
        for i in 0..n {
            sender.send(i).expect("open");
            assert_eq!(receiver.recv(), Ok(i));
        }
        start.elapsed()
    })
}

type Channels<const N: usize> = ([mpmc::Sender<u64>; N], [mpmc::Receiver<u64>; N]);

fn channels<const N: usize>() -> Channels<N> {
    let both: [_; N] = array::from_fn(|_| mpmc::channel());
    let senders = array::from_fn(|i| both[i].0.clone());
    (senders, both.map(|(_, receiver)| receiver))
}

fn any_of_2([a, b]: &[mpmc::Receiver<u64>; 2]) -> usize {
    select! {
        _ = a.recv() => {},
        _ = b.recv() => {}
    }
}

fn any_of_8([a, b, c, d, e, f, g, h]: &[mpmc::Receiver<u64>; 8]) -> usize {
    select! {
        _ = a.recv() => {},
        _ = b.recv() => {},
        _ = c.recv() => {},
        _ = d.recv() => {},
        _ = e.recv() => {},
        _ = f.recv() => {},
        _ = g.recv() => {},
        _ = h.recv() => {}
    }
}

macro_rules! ready {
    ($arms:literal, $any:ident, $ready:ident $row:literal) => {
        fn $ready(job: &Job) -> Vec<Figure> {
            coroutine($row, job, 1, |n| {
                let (senders, receivers) = channels::<$arms>();
                let start = Instant::now();
                for i in 0..n {
                    let arm = i as usize % $arms;
                    senders[arm].send(i).expect("open");
                    assert_eq!($any(&receivers), arm);
                }
                start.elapsed()
            })
        }
    };
}

ready!(2, any_of_2, ready_2 "select-2-ready");
ready!(8, any_of_8, ready_8 "select-8-ready");

fn default_1(job: &Job) -> Vec<Figure> {
    coroutine("select-1-default", job, 1, |n| {
        let (_sender, receiver) = spsc::channel::<u64>();
        let start = Instant::now();
        for _ in 0..n {
            assert!(black_box(&receiver).try_recv().is_err());
        }
        start.elapsed()
    })
}

fn million(job: &Job) -> Vec<Figure> {
    configure(job);
    let mut figures = crowd(job);
    figures.extend(again(crowd(job)));
    figures
}

fn crowd(job: &Job) -> Vec<Figure> {
    let crowd = job.crowd;
    let body = move || {
        let (sender, receiver) = mpmc::channel::<u64>();
        let parked = Arc::new(AtomicUsize::new(0));
        let mut coroutines = Vec::with_capacity(crowd);
        let before = resident_bytes();
        let start = Instant::now();
        for _ in 0..crowd {
            let (receiver, parked) = (receiver.clone(), parked.clone());
            let builder = coroutine::Builder::new().stack_size(0x200);
            let coroutine = go!(builder, move || {
                parked.fetch_add(1, Ordering::Relaxed);
                receiver.recv().expect("open")
            });
            coroutines.push(coroutine.expect("a coroutine"));
        }
        while parked.load(Ordering::Relaxed) < crowd {
            yield_now();
        }
        let create = start.elapsed();
        let grown = resident_bytes().saturating_sub(before);
        let start = Instant::now();
        for i in 0..crowd as u64 {
            sender.send(i).expect("open");
        }
        let received: u64 =
            coroutines.into_iter().map(|coroutine| coroutine.join().expect("no panic")).sum();
        assert_eq!(received, sum_below(crowd as u64));
        crowd_figures(crowd, create, grown, start.elapsed())
    };
    go!(body).join().expect("no panic")
}
