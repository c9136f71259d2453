//! Waiting for a limited time. (Real time: each test waits for some milliseconds at most.)

use std::thread;
use std::time::Duration;

use gorge::time::Instant;
use gorge::{RecvTimeoutError, SendTimeoutError, channel, go};

use crate::waiting::{Balance, LONG, named, waits};

const SHORT: Duration = Duration::from_millis(5);

#[gorge::test]
fn receiving_in_vain() {
    let (tx, rx) = channel::<u8>(1);
    let began = Instant::now();
    assert_eq!(rx.recv_timeout(SHORT), Err(RecvTimeoutError::Timeout));
    assert!(began.elapsed() >= SHORT);
    assert_eq!(rx.recv_deadline(began), Err(RecvTimeoutError::Timeout), "it has passed");
    drop(tx);
    assert_eq!(rx.recv_timeout(LONG), Err(RecvTimeoutError::Closed));
}

#[gorge::test]
fn receiving_in_time() {
    let (tx, rx) = channel(1);
    tx.send(1).unwrap();
    assert_eq!(rx.recv_timeout(Duration::ZERO), Ok(1), "what is there needs no time");
    let receiver = named("receiving_in_time", {
        let rx = rx.clone();
        move || rx.recv_timeout(LONG)
    });
    waits("receiving_in_time");
    tx.send(2).unwrap();
    assert_eq!(receiver.join().unwrap(), Ok(2));
    let receiver = named("receiving_in_time, closed", move || rx.recv_timeout(LONG));
    waits("receiving_in_time, closed");
    drop(tx);
    assert_eq!(receiver.join().unwrap(), Err(RecvTimeoutError::Closed));
}

#[gorge::test]
fn sending_in_vain() {
    let balance = Balance::new();
    let (tx, rx) = channel(0);
    let began = Instant::now();
    let error = tx.send_timeout(balance.make(7), SHORT).unwrap_err();
    assert!(began.elapsed() >= SHORT);
    assert!(error.is_timeout());
    assert_eq!(error.into_inner().number, 7);
    assert!(rx.try_recv().is_err(), "it was taken back");
    drop(rx);
    assert!(tx.send_timeout(balance.make(8), LONG).unwrap_err().is_closed());
    assert_eq!(balance.alive(), 0);
}

#[gorge::test]
fn sending_in_time() {
    let (tx, rx) = channel(0);
    let sender = named("sending_in_time", {
        let tx = tx.clone();
        move || tx.send_deadline(1, Instant::now() + LONG)
    });
    waits("sending_in_time");
    assert_eq!(rx.recv(), Ok(1));
    assert_eq!(sender.join().unwrap(), Ok(()));
    let sender = named("sending_in_time, closed", move || tx.send_timeout(2, LONG));
    waits("sending_in_time, closed");
    drop(rx);
    assert_eq!(sender.join().unwrap(), Err(SendTimeoutError::Closed(2)));
}

#[gorge::test]
fn a_time_beyond_the_end_of_the_clock() {
    let (tx, rx) = channel(0);
    let receiver = named("a_time_beyond", move || rx.recv_timeout(Duration::MAX));
    waits("a_time_beyond");
    tx.send(1).unwrap();
    assert_eq!(receiver.join().unwrap(), Ok(1));
}

#[test]
fn from_plain_threads() {
    let (tx, rx) = channel::<u8>(0);
    let receiver = thread::spawn({
        let rx = rx.clone();
        move || rx.recv_timeout(SHORT)
    });
    assert_eq!(receiver.join().unwrap(), Err(RecvTimeoutError::Timeout));
    let receiver = thread::spawn(move || rx.recv_timeout(LONG));
    tx.send(3).unwrap();
    assert_eq!(receiver.join().unwrap(), Ok(3));
}

/// Many timed receives and sends that meet, and miss, each other by very little:
/// what was sent is what was received.
#[gorge::test]
fn timeouts_and_values_at_the_same_moment() {
    let balance = Balance::new();
    let (tx, rx) = channel(0);
    let senders: Vec<_> = (0..3)
        .map(|part| {
            let tx = tx.clone();
            go(move || {
                let wait = |n: u64| Duration::from_micros(10 + n * 7 % 23);
                (0..300).filter(|n| tx.send_timeout(balance.make(part), wait(*n)).is_ok()).count()
            })
        })
        .collect();
    drop(tx);
    let receivers: Vec<_> = (0..2)
        .map(|_| {
            let rx = rx.clone();
            go(move || {
                let mut received = 0;
                loop {
                    match rx.recv_timeout(Duration::from_micros(10 + received as u64 * 5 % 19)) {
                        Ok(_) => received += 1,
                        Err(RecvTimeoutError::Timeout) => {}
                        Err(RecvTimeoutError::Closed) => return received,
                    }
                }
            })
        })
        .collect();
    let sent: usize = senders.into_iter().map(|sender| sender.join().unwrap()).sum();
    let received: usize = receivers.into_iter().map(|receiver| receiver.join().unwrap()).sum();
    assert_eq!(sent, received);
    assert_eq!(balance.alive(), 0);
}
