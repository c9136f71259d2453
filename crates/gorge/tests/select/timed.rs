//! Select with a default, and with a timeout. (Real time, some milliseconds.)

use std::time::{Duration, Instant};

use gorge::{RecvError, channel, go, select, time};
use gorge_sched::WaitReason;

use crate::waiting::{LONG, named, waits};

const SHORT: Duration = Duration::from_millis(5);

#[gorge::test]
fn default_does_not_wait() {
    let (tx, rx) = channel(1);
    assert_eq!(select! { recv(rx) => 1, default => 2 }, 2);
    tx.send(0).unwrap();
    assert_eq!(select! { recv(rx) => 1, default => 2 }, 1);
    assert_eq!(select! { default => 3 }, 3);
}

#[gorge::test]
fn nothing_in_time() {
    let (_keep, rx) = channel::<u8>(0);
    let began = Instant::now();
    select! {
        recv(rx) => panic!("nobody sends"),
        recv(rx) => panic!("nobody sends"),
        timeout(SHORT) => {}
    }
    assert!(began.elapsed() >= SHORT);
    select! { timeout(SHORT) => {} }
    assert!(began.elapsed() >= 2 * SHORT);
}

#[gorge::test]
fn something_in_time() {
    let (tx, rx) = channel(0);
    let (_keep, other) = channel::<u8>(0);
    let selecting = named("something_in_time", move || {
        select! {
            recv(other) => panic!("nobody sends"),
            recv(rx) -> n => n.unwrap(),
            timeout(LONG) => panic!("it took too long"),
        }
    });
    assert_eq!(waits("something_in_time"), WaitReason::Select);
    tx.send(5).unwrap();
    assert_eq!(selecting.join().unwrap(), 5);
}

#[gorge::test]
fn what_is_ready_comes_before_a_time_that_has_passed() {
    let (tx, rx) = channel(1);
    tx.send(1).unwrap();
    let passed = time::now();
    assert_eq!(select! { recv(rx) -> n => n.unwrap(), timeout(passed) => 2 }, 1);
    assert_eq!(select! { recv(rx) -> n => n.unwrap(), timeout(passed) => 2 }, 2);
}

#[gorge::test]
fn times_that_never_come() {
    let (tx, rx) = channel(0);
    for (name, never) in [("never: none", None), ("never: far", Some(Duration::MAX))] {
        let rx = rx.clone();
        let selecting = named(name, move || {
            select! {
                recv(rx) -> n => n,
                timeout(never) => Err(RecvError),
            }
        });
        waits(name);
        tx.send(1).unwrap();
        assert_eq!(selecting.join().unwrap(), Ok(1));
    }
    let selecting = named("never: switched off", move || {
        select! { recv(rx) -> n => n, timeout(Duration::ZERO), if false => Err(RecvError) }
    });
    assert_eq!(waits("never: switched off"), WaitReason::ChanReceive);
    tx.send(2).unwrap();
    assert_eq!(selecting.join().unwrap(), Ok(2));
}

/// The channel of a timer is a channel like any other.
#[gorge::test]
fn over_timers() {
    let (tx, rx) = channel::<u8>(0);
    let (timers_came, both) = channel::<()>(1);
    let sender = go(move || {
        both.recv().unwrap();
        tx.send(1)
    });
    let (mut ticks, timer) = (0, time::after(SHORT));
    let ticker = time::tick(SHORT);
    let mut fired = false;
    loop {
        select! {
            recv(rx) => break,
            recv(timer) => fired = true,
            recv(ticker) => ticks += 1,
        }
        if fired && ticks >= 1 {
            let _ = timers_came.try_send(()); // once, and again for nothing
        }
    }
    sender.join().unwrap().unwrap();
}

/// Timeouts and values at the same moment: nothing sent is lost.
#[gorge::test]
fn races_against_the_clock() {
    let (tx1, rx1) = channel(0);
    let (tx2, rx2) = channel(0);
    let sender = go(move || {
        let mut sent = 0;
        for n in 0..1000_u64 {
            select! {
                send(tx1, n) -> result => { result.unwrap(); sent += n }
                send(tx2, n) -> result => { result.unwrap(); sent += n }
                timeout(Duration::from_micros(n % 30)) => {}
            }
        }
        sent
    });
    let mut received = 0;
    loop {
        select! {
            recv(rx1) -> n => match n { Ok(n) => received += n, Err(_) => break },
            recv(rx2) -> n => match n { Ok(n) => received += n, Err(_) => break },
            timeout(Duration::from_micros(received % 25)) => {}
        }
    }
    assert_eq!(sender.join().unwrap(), received);
}
