//! The rows on crossbeam-channel and threads. One processor means that all
//! threads of the program are confined to one.

use crossbeam_channel::{Receiver, Sender, bounded, select};
use peer_measure::{Figure, Job, None, Offer, confine, main as program, sum_below, timed};
use std::array;
use std::hint::black_box;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

const NO_TASKS: &str = "a channel for threads: nothing to spawn or yield";

fn main() -> ExitCode {
    let offers = [
        Offer::new("ping-pong", ping_pong),
        Offer::new("stream", stream),
        Offer::new("uncontended", uncontended),
        Offer::new("select-2-ready", ready_2),
        Offer::new("select-8-ready", ready_8),
        Offer::new("select-2-blocking", blocking_2),
        Offer::new("select-8-blocking", blocking_8),
        Offer::new("select-1-default", default_1).note("try_recv"),
        Offer::new("select-2-default", default_2),
    ];
    let nones: [None; 4] = [
        ("spawn", NO_TASKS),
        ("yield", NO_TASKS),
        ("million", "a channel for threads: a million of them is out of reach"),
        ("*", "channels for threads, nothing else"),
    ];
    program(&offers, &nones)
}

fn threads(row: &'static str, job: &Job, work: impl FnMut(u64) -> Duration) -> Vec<Figure> {
    confine(job.procs);
    vec![timed(row, job, 1, work)]
}

fn ping_pong(job: &Job) -> Vec<Figure> {
    threads("ping-pong", job, |n| {
        let (ping, pinged) = bounded::<u64>(0);
        let (pong, ponged) = bounded::<u64>(0);
        let echo = thread::spawn(move || {
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

fn stream(job: &Job) -> Vec<Figure> {
    threads("stream", job, |n| {
        let (sender, receiver) = bounded::<u64>(128);
        let start = Instant::now();
        let producer = thread::spawn(move || {
            for i in 0..n {
                sender.send(i).expect("open");
            }
        });
        let (mut next, mut sum) = (0, 0);
        while let Ok(v) = receiver.recv() {
            assert_eq!(v, next);
            next += 1;
            sum += v;
        }
        producer.join().expect("no panic");
        assert_eq!(sum, sum_below(n));
        start.elapsed()
    })
}

fn uncontended(job: &Job) -> Vec<Figure> {
    threads("uncontended", job, |n| {
        let (sender, receiver) = bounded::<u64>(128);
        let start = Instant::now();
        for i in 0..n {
            sender.send(i).expect("open");
            assert_eq!(receiver.recv(), Ok(i));
        }
        start.elapsed()
    })
}

fn channels<const N: usize>(capacity: usize) -> ([Sender<u64>; N], [Receiver<u64>; N]) {
    let both: [_; N] = array::from_fn(|_| bounded(capacity));
    let senders = array::from_fn(|i| both[i].0.clone());
    (senders, both.map(|(_, receiver)| receiver))
}

fn any_of_2([a, b]: &[Receiver<u64>; 2]) -> (usize, u64) {
    select! {
        recv(a) -> v => (0, v.expect("open")),
        recv(b) -> v => (1, v.expect("open")),
    }
}

fn any_of_8([a, b, c, d, e, f, g, h]: &[Receiver<u64>; 8]) -> (usize, u64) {
    select! {
        recv(a) -> v => (0, v.expect("open")),
        recv(b) -> v => (1, v.expect("open")),
        recv(c) -> v => (2, v.expect("open")),
        recv(d) -> v => (3, v.expect("open")),
        recv(e) -> v => (4, v.expect("open")),
        recv(f) -> v => (5, v.expect("open")),
        recv(g) -> v => (6, v.expect("open")),
        recv(h) -> v => (7, v.expect("open")),
    }
}

macro_rules! rows {
    ($arms:literal, $any:ident, $ready:ident $ready_row:literal, $blocking:ident $blocking_row:literal) => {
        fn $ready(job: &Job) -> Vec<Figure> {
            threads($ready_row, job, |n| {
                let (senders, receivers) = channels::<$arms>(4);
                let start = Instant::now();
                for i in 0..n {
                    let arm = i as usize % $arms;
                    senders[arm].send(i).expect("open");
                    assert_eq!($any(&receivers), (arm, i));
                }
                start.elapsed()
            })
        }

        fn $blocking(job: &Job) -> Vec<Figure> {
            threads($blocking_row, job, |n| {
                let (senders, receivers) = channels::<$arms>(0);
                let start = Instant::now();
                let producer = thread::spawn(move || {
                    for i in 0..n {
                        senders[i as usize % $arms].send(i).expect("open");
                    }
                    senders
                });
                let mut sum = 0;
                for _ in 0..n {
                    sum += $any(&receivers).1;
                }
                assert_eq!(sum, sum_below(n));
                producer.join().expect("no panic");
                start.elapsed()
            })
        }
    };
}

rows!(2, any_of_2, ready_2 "select-2-ready", blocking_2 "select-2-blocking");
rows!(8, any_of_8, ready_8 "select-8-ready", blocking_8 "select-8-blocking");

fn default_1(job: &Job) -> Vec<Figure> {
    threads("select-1-default", job, |n| {
        let (_sender, receiver) = bounded::<u64>(4);
        let start = Instant::now();
        for _ in 0..n {
            assert!(black_box(&receiver).try_recv().is_err());
        }
        start.elapsed()
    })
}

fn default_2(job: &Job) -> Vec<Figure> {
    threads("select-2-default", job, |n| {
        let (_senders, receivers) = channels::<2>(4);
        let start = Instant::now();
        for _ in 0..n {
            let [a, b] = black_box(&receivers);
            let empty = select! {
                recv(a) -> _ => false,
                recv(b) -> _ => false,
                default => true,
            };
            assert!(empty);
        }
        start.elapsed()
    })
}
