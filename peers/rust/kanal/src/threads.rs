//! Kanal's blocking channels, between threads.

use kanal::bounded;
use peer_measure::{Figure, Job, confine, sum_below, timed};
use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

fn threads(row: &'static str, job: &Job, work: impl FnMut(u64) -> Duration) -> Vec<Figure> {
    confine(job.procs);
    vec![timed(row, job, 1, work)]
}

pub(crate) fn ping_pong(job: &Job) -> Vec<Figure> {
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

pub(crate) fn stream(job: &Job) -> Vec<Figure> {
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

pub(crate) fn uncontended(job: &Job) -> Vec<Figure> {
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

pub(crate) fn default_1(job: &Job) -> Vec<Figure> {
    threads("select-1-default", job, |n| {
        let (_sender, receiver) = bounded::<u64>(4);
        let start = Instant::now();
        for _ in 0..n {
            assert_eq!(black_box(&receiver).try_recv(), Ok(None));
        }
        start.elapsed()
    })
}
