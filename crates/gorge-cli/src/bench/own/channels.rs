//! Channels between two goroutines, and one alone.

use super::checked::{joined, sum_below};
use gorge::{channel, go};
use std::time::{Duration, Instant};

pub(crate) fn ping_pong(n: u64) -> Duration {
    let (ping, pinged) = channel::<u64>(0);
    let (pong, ponged) = channel::<u64>(0);
    let echo = go(move || {
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
    assert_eq!(joined(echo), sum_below(n));
    elapsed
}

pub(crate) fn stream(n: u64) -> Duration {
    let (sender, receiver) = channel::<u64>(128);
    let start = Instant::now();
    let producer = go(move || {
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
    joined(producer);
    assert_eq!(sum, sum_below(n));
    start.elapsed()
}

pub(crate) fn uncontended(n: u64) -> Duration {
    let (sender, receiver) = channel::<u64>(128);
    let start = Instant::now();
    for i in 0..n {
        sender.send(i).expect("open");
        assert_eq!(receiver.recv(), Ok(i));
    }
    start.elapsed()
}
