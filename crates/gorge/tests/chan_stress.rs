//! Everything about channels at once: goroutines and plain threads, every
//! capacity, every way to send and to receive, selects, closing in the middle.
//!
//! In each round as many values are received as were sent, each sender's in the
//! order in which it sent them, and none is dropped twice or forgotten.
//! `GORGE_STRESS=1` makes it a minute.

mod waiting;

use std::time::{Duration, Instant};

use gorge::{
    Receiver, RecvTimeoutError, SendTimeoutError, Sender, TryRecvError, TrySendError, channel, go,
    runtime, select,
};
use gorge_base::Rng;
use waiting::{Balance, Counted, stress};

type Value = Counted<'static>;

/// What is sent: who sent it, and the how manyeth it was of his.
fn number(who: u64, count: u64) -> u64 {
    who << 32 | count
}

/// Sends until the channels are closed or `most` are sent, each time in a way
/// chosen by chance; how many went to either.
fn send(to: [Sender<Value>; 2], who: u64, most: u64, balance: &'static Balance) -> u64 {
    let mut rng = Rng::new(who);
    let mut sent = 0;
    while sent < most {
        let value = balance.make(number(who, sent));
        let first = &to[rng.below(2) as usize];
        let done = match rng.below(5) {
            0 => first.send(value).map_err(|_| true),
            1 => first.try_send(value).map_err(|error| matches!(error, TrySendError::Closed(_))),
            2 => {
                let time = Duration::from_micros(rng.below(50).into());
                first
                    .send_timeout(value, time)
                    .map_err(|error| matches!(error, SendTimeoutError::Closed(_)))
            }
            3 => select! {
                send(to[0], value) -> sent => sent.map_err(|_| true),
                timeout(Duration::from_micros(rng.below(50).into())) => Err(false),
            },
            _ => {
                let other = balance.make(value.number);
                select! {
                    send(to[0], value) -> sent => sent.map_err(|_| true),
                    send(to[1], other) -> sent => sent.map_err(|_| true),
                }
            }
        };
        match done {
            Ok(()) => sent += 1,
            Err(true) => return sent,
            Err(false) => runtime::gosched(),
        }
    }
    sent
}

/// Receives until both channels are closed and empty; how many.
fn receive(mut from: [Receiver<Value>; 2], seed: u64) -> u64 {
    let mut rng = Rng::new(seed);
    let mut received = 0;
    // The last number seen of each sender on each channel.
    let mut last = [[None; 16]; 2];
    while !from.iter().all(Receiver::is_nil) {
        let mut at = rng.below(2) as usize;
        if from[at].is_nil() {
            at = 1 - at;
        }
        let value = match rng.below(4) {
            0 => from[at].recv().map_err(|_| true),
            1 => from[at].try_recv().map_err(|error| error == TryRecvError::Closed),
            2 => {
                let time = Duration::from_micros(rng.below(50).into());
                from[at].recv_timeout(time).map_err(|error| error == RecvTimeoutError::Closed)
            }
            _ => select! {
                recv(from[0]) -> value => { at = 0; value.map_err(|_| true) }
                recv(from[1]) -> value => { at = 1; value.map_err(|_| true) }
            },
        };
        match value {
            Ok(value) => {
                received += 1;
                let (who, count) = ((value.number >> 32) as usize, value.number as u32);
                let before = last[at][who].replace(count);
                assert!(before < Some(count), "out of order: {before:?}, {count} of {who}");
            }
            Err(true) => from[at] = Receiver::nil(),
            Err(false) => runtime::gosched(),
        }
    }
    received
}

#[test]
fn everything_at_once() {
    let balance = Balance::new();
    let began = Instant::now();
    let mut rng = Rng::new(1);
    let mut rounds = 0;
    // (One round may last long, on a machine that has other things to do.)
    while rounds < 2 || began.elapsed() < stress() {
        rounds += 1;
        let cap = |rng: &mut Rng| [0, 1, 7, 128][rng.below(4) as usize];
        let (tx1, rx1) = channel(cap(&mut rng));
        let (tx2, rx2) = channel(cap(&mut rng));
        let (to, from) = ([tx1, tx2], [rx1, rx2]);
        let most = 1 + u64::from(rng.below(500));

        let sending: Vec<_> = (0..5)
            .map(|who| {
                let to = to.clone();
                go(move || send(to, who, most, balance))
            })
            .collect();
        let receiving: Vec<_> = (0..4)
            .map(|seed| {
                let from = from.clone();
                go(move || receive(from, seed))
            })
            .collect();
        let thread_sending = std::thread::spawn({
            let to = to.clone();
            move || send(to, 5, most / 10, balance)
        });
        let thread_receiving = std::thread::spawn({
            let from = from.clone();
            move || receive(from, 9)
        });
        // For each channel one that does nothing else, or else all receivers may
        // wait at one while all senders wait at the other.
        let draining = from.map(|rx| go(move || rx.iter().count() as u64));
        let closing = (rounds % 3 == 0).then(|| {
            let (to, spins) = (to.clone(), rng.below(200));
            go(move || {
                (0..spins).for_each(|_| runtime::gosched());
                to.iter().for_each(|tx| _ = tx.close());
            })
        });
        drop(to);

        let mut sent = thread_sending.join().unwrap();
        sent += sending.into_iter().map(|sender| sender.join().unwrap()).sum::<u64>();
        let mut received = thread_receiving.join().unwrap();
        received += receiving.into_iter().map(|receiver| receiver.join().unwrap()).sum::<u64>();
        received += draining.into_iter().map(|receiver| receiver.join().unwrap()).sum::<u64>();
        if let Some(closing) = closing {
            closing.join().unwrap();
        } else {
            assert_eq!(sent, 5 * most + most / 10);
        }
        assert_eq!(sent, received, "round {rounds}");
        assert_eq!(balance.alive(), 0, "round {rounds}");
    }
}

/// Receivers that go away while values are on their way: what is sent is either
/// received, or given back, or dropped with the channel.
#[test]
fn receivers_that_leave() {
    let balance = Balance::new();
    let began = Instant::now();
    let mut round = 0;
    while began.elapsed() < stress() / 2 {
        round += 1;
        let (tx, rx) = channel([0, 1, 7][round % 3]);
        let receiving: Vec<_> = (0..3)
            .map(|n| {
                let rx = rx.clone();
                go(move || rx.iter().take(n * 7).count())
            })
            .collect();
        drop(rx);
        let sending: Vec<_> = (0..3)
            .map(|who| {
                let tx = tx.clone();
                go(move || {
                    (0..).take_while(|n| tx.send(balance.make(number(who, *n))).is_ok()).count()
                })
            })
            .collect();
        drop(tx);
        let received: usize = receiving.into_iter().map(|receiver| receiver.join().unwrap()).sum();
        let sent: usize = sending.into_iter().map(|sender| sender.join().unwrap()).sum();
        assert!(received <= sent && sent <= received + 7, "{received} of {sent}, round {round}");
        assert_eq!(balance.alive(), 0, "round {round}");
    }
}
