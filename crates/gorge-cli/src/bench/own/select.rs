//! Selects. `select!` is a macro of fixed arms, so each number is written out.

use super::checked::{joined, sum_below};
use gorge::{Receiver, Sender, channel, go, select};
use std::array;
use std::hint::black_box;
use std::time::{Duration, Instant};

fn channels<const N: usize>(capacity: usize) -> ([Sender<u64>; N], [Receiver<u64>; N]) {
    let both: [_; N] = array::from_fn(|_| channel(capacity));
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

macro_rules! works {
    ($arms:literal, $any:ident, $ready:ident, $blocking:ident) => {
        pub(crate) fn $ready(n: u64) -> Duration {
            let (senders, receivers) = channels::<$arms>(4);
            let start = Instant::now();
            for i in 0..n {
                let arm = i as usize % $arms;
                senders[arm].send(i).expect("open");
                assert_eq!($any(&receivers), (arm, i));
            }
            start.elapsed()
        }

        pub(crate) fn $blocking(n: u64) -> Duration {
            let (senders, receivers) = channels::<$arms>(0);
            let start = Instant::now();
            let producer = go(move || {
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
            joined(producer);
            start.elapsed()
        }
    };
}

works!(2, any_of_2, ready_2, blocking_2);
works!(8, any_of_8, ready_8, blocking_8);

pub(crate) fn default_1(n: u64) -> Duration {
    let (_senders, receivers) = channels::<1>(4);
    let start = Instant::now();
    for _ in 0..n {
        let [a] = black_box(&receivers);
        let empty = select! {
            recv(a) -> _ => false,
            default => true,
        };
        assert!(empty);
    }
    start.elapsed()
}

pub(crate) fn default_2(n: u64) -> Duration {
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
}
