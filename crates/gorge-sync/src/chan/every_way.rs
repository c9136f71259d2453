//! Values sent and received in every way there is: at once, with time limits, in a select (twice the same channel, too), in
//! async code, and given up at any moment, while channels are closed. Each that was said to be sent is
//! received or left in the channel, and each is dropped once.

use std::pin::pin;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::SeqCst};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use gorge_base::Rng;
use gorge_sched::{gosched, scope};

use super::{Receiver, Sender, channel};
use crate::select::Select;

/// A value that is counted while it lives.
struct Counted<'a>(&'a AtomicI64, Box<u64>);

impl<'a> Counted<'a> {
    fn new(alive: &'a AtomicI64) -> Self {
        alive.fetch_add(1, SeqCst);
        Counted(alive, Box::new(7))
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        assert_eq!(std::mem::take(&mut *self.1), 7, "dropped twice");
        self.0.fetch_sub(1, SeqCst);
    }
}

/// Polls a few times, and gives up.
fn poll_some<F: Future>(rng: &mut Rng, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..rng.below(6) {
        let mut cx = Context::from_waker(Waker::noop());
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return Some(output);
        }
        gosched();
    }
    None
}

fn shortly(rng: &mut Rng) -> Duration {
    Duration::from_nanos(u64::from(rng.below(30_000)))
}

/// True if it was certainly sent.
fn send<'a>(
    rng: &mut Rng,
    one: &Sender<Counted<'a>>,
    other: &Sender<Counted<'a>>,
    alive: &'a AtomicI64,
) -> bool {
    let new = || Counted::new(alive);
    let mut any = Select::new();
    match rng.below(6) {
        0 => one.send(new()).is_ok(),
        1 => one.try_send(new()).is_ok(),
        2 => one.send_timeout(new(), shortly(rng)).is_ok(),
        3 => poll_some(rng, one.send_async(new())).is_some_and(|sent| sent.is_ok()),
        4 => {
            any.send(one, new(), |sent| sent.is_ok());
            any.send(other, new(), |sent| sent.is_ok());
            any.wait().1
        }
        _ => {
            any.send(one, new(), |sent| sent.is_ok());
            any.send(one, new(), |sent| sent.is_ok());
            any.wait_timeout(shortly(rng)).is_some_and(|(_, sent)| sent)
        }
    }
}

fn receive<'a>(
    rng: &mut Rng,
    one: &Receiver<Counted<'a>>,
    other: &Receiver<Counted<'a>>,
) -> Option<Counted<'a>> {
    let mut any = Select::new();
    match rng.below(5) {
        0 => one.recv_timeout(shortly(rng)).ok(),
        1 => one.try_recv().ok(),
        2 => poll_some(rng, one.recv_async())?.ok(),
        3 => {
            any.recv(one, |value| value.ok());
            any.recv(other, |value| value.ok());
            any.wait().1
        }
        _ => {
            any.recv(one, |value| value.ok());
            any.recv(one, |value| value.ok());
            any.wait_timeout(shortly(rng))?.1
        }
    }
}

fn one_round(round: u64) {
    let rng = &mut Rng::new(round);
    let alive = AtomicI64::new(0);
    let (sent, received) = (AtomicU64::new(0), AtomicU64::new(0));
    let (tx0, rx0) = channel(rng.below(3) as usize);
    let (tx1, rx1) = channel(rng.below(8) as usize);
    scope(|s| {
        let (alive, sent, received) = (&alive, &sent, &received);
        for n in 0..4 {
            let tx = [tx0.clone(), tx1.clone()];
            s.go(move || {
                let rng = &mut Rng::new(round << 8 | n);
                for _ in 0..100 {
                    let first = rng.below(2) as usize;
                    if send(rng, &tx[first], &tx[1 - first], alive) {
                        sent.fetch_add(1, SeqCst);
                    }
                    if rng.below(2000) == 0 {
                        tx[first].close();
                    }
                }
            });
        }
        for n in 4..8 {
            let rx = [&rx0, &rx1];
            s.go(move || {
                let rng = &mut Rng::new(round << 8 | n);
                loop {
                    let first = rng.below(2) as usize;
                    if receive(rng, rx[first], rx[1 - first]).is_some() {
                        received.fetch_add(1, SeqCst);
                    } else if rx.iter().all(|rx| rx.is_closed() && rx.is_empty()) {
                        return;
                    }
                }
            });
        }
        drop((tx0, tx1));
    });
    let left = rx0.try_iter().chain(rx1.try_iter()).count() as u64;
    let (sent, received) = (sent.into_inner(), received.into_inner() + left);
    assert!(received >= sent, "round {round}: {sent} sent, {received} received");
    drop((rx0, rx1));
    assert_eq!(alive.load(SeqCst), 0, "round {round}");
}

#[test]
fn values_go_in_every_way() {
    let long = std::env::var_os("GORGE_STRESS").is_some_and(|v| v == "1");
    let end = Instant::now() + Duration::from_secs(if long { 60 } else { 1 });
    let mut round = u64::from(gorge_sched::random()) << 20;
    while Instant::now() < end {
        round += 1;
        one_round(round);
    }
}
