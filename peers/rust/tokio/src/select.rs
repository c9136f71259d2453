//! The select rows on tokio. `select!` is a macro of fixed arms, so each number
//! of arms is written out.

use crate::task;
use peer_measure::{Figure, Job, sum_below};
use std::array;
use std::future::ready;
use std::hint::black_box;
use std::time::Instant;
use tokio::select;
use tokio::sync::mpsc::{self, Receiver, Sender};

fn channels<const N: usize>(capacity: usize) -> ([Sender<u64>; N], [Receiver<u64>; N]) {
    let mut receivers = [const { None }; N];
    let senders = array::from_fn(|i| {
        let (sender, receiver) = mpsc::channel(capacity);
        receivers[i] = Some(receiver);
        sender
    });
    (senders, receivers.map(|receiver| receiver.expect("made")))
}

async fn any_of_2(receivers: &mut [Receiver<u64>; 2]) -> (usize, Option<u64>) {
    let [a, b] = receivers;
    select! {
        v = a.recv() => (0, v),
        v = b.recv() => (1, v),
    }
}

async fn any_of_8(receivers: &mut [Receiver<u64>; 8]) -> (usize, Option<u64>) {
    let [a, b, c, d, e, f, g, h] = receivers;
    select! {
        v = a.recv() => (0, v),
        v = b.recv() => (1, v),
        v = c.recv() => (2, v),
        v = d.recv() => (3, v),
        v = e.recv() => (4, v),
        v = f.recv() => (5, v),
        v = g.recv() => (6, v),
        v = h.recv() => (7, v),
    }
}

macro_rules! rows {
    ($arms:literal, $any:ident, $ready:ident $ready_row:literal, $blocking:ident $blocking_row:literal) => {
        pub(crate) fn $ready(job: &Job) -> Vec<Figure> {
            task($ready_row, job, 1, |n| async move {
                let (senders, mut receivers) = channels::<$arms>(4);
                let start = Instant::now();
                for i in 0..n {
                    let arm = i as usize % $arms;
                    senders[arm].try_send(i).expect("room");
                    assert_eq!($any(&mut receivers).await, (arm, Some(i)));
                }
                start.elapsed()
            })
        }

        pub(crate) fn $blocking(job: &Job) -> Vec<Figure> {
            task($blocking_row, job, 1, |n| async move {
                let (senders, mut receivers) = channels::<$arms>(1);
                let start = Instant::now();
                let producer = tokio::spawn(async move {
                    for i in 0..n {
                        senders[i as usize % $arms].send(i).await.expect("open");
                    }
                    senders
                });
                let mut sum = 0;
                for _ in 0..n {
                    sum += $any(&mut receivers).await.1.expect("open");
                }
                assert_eq!(sum, sum_below(n));
                producer.await.expect("no panic");
                start.elapsed()
            })
        }
    };
}

rows!(2, any_of_2, ready_2 "select-2-ready", blocking_2 "select-2-blocking");
rows!(8, any_of_8, ready_8 "select-8-ready", blocking_8 "select-8-blocking");

pub(crate) fn default_2(job: &Job) -> Vec<Figure> {
    task("select-2-default", job, 1, |n| async move {
        let (_senders, mut receivers) = channels::<2>(4);
        let start = Instant::now();
        for _ in 0..n {
            let [a, b] = black_box(&mut receivers);
            let empty = select! {
                biased;
                _ = a.recv() => false,
                _ = b.recv() => false,
                _ = ready(()) => true,
            };
            assert!(empty);
        }
        start.elapsed()
    })
}
