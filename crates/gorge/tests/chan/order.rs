//! Whoever has waited longest is served first.

use gorge::{channel, select};

use crate::waiting::{named, waits};

const MANY: usize = 50;

#[gorge::test]
fn receivers_are_served_in_the_order_of_arrival() {
    let (tx, rx) = channel(0);
    let receivers: Vec<_> = (0..MANY)
        .map(|n| {
            let rx = rx.clone();
            let name = format!("receivers_are_served {n}");
            let receiver = named(&name, move || rx.recv());
            waits(&name);
            receiver
        })
        .collect();
    for n in 0..MANY {
        tx.send(n).unwrap();
    }
    for (n, receiver) in receivers.into_iter().enumerate() {
        assert_eq!(receiver.join().unwrap(), Ok(n));
    }
}

#[gorge::test]
fn senders_are_served_in_the_order_of_arrival() {
    for cap in [0, 1, 7] {
        let (tx, rx) = channel(cap);
        let senders: Vec<_> = (0..MANY)
            .map(|n| {
                let tx = tx.clone();
                let name = format!("senders_are_served {cap} {n}");
                let sender = named(&name, move || tx.send(n).unwrap());
                if n >= cap {
                    waits(&name);
                }
                // Or else the next one may come first, and this one wait in its place.
                while rx.len() < cap.min(n + 1) {
                    gorge::runtime::gosched();
                }
                sender
            })
            .collect();
        assert!((0..MANY).map(|_| rx.recv().unwrap()).eq(0..MANY), "capacity {cap}");
        senders.into_iter().for_each(|sender| sender.join().unwrap());
    }
}

/// A select waits in its place of the queue like everybody else, and leaves no
/// gap when it goes.
#[gorge::test]
fn a_select_takes_its_turn() {
    let (tx, rx) = channel(0);
    let (go_away, away) = channel::<()>(0);
    let plain = |n: usize| {
        let rx = rx.clone();
        let name = format!("a_select_takes_its_turn {n}");
        let receiver = named(&name, move || rx.recv().unwrap());
        waits(&name);
        receiver
    };
    let selecting = |n: usize, away: gorge::Receiver<()>| {
        let rx = rx.clone();
        let name = format!("a_select_takes_its_turn {n}");
        let receiver = named(&name, move || {
            select! {
                recv(rx) -> n => n.unwrap(),
                recv(away) => 100,
            }
        });
        waits(&name);
        receiver
    };
    let first = plain(0);
    let leaves = selecting(1, away.clone());
    let second = selecting(2, gorge::Receiver::nil());
    let third = plain(3);
    go_away.send(()).unwrap();
    assert_eq!(leaves.join().unwrap(), 100);
    for n in 0..3 {
        tx.send(n).unwrap();
    }
    assert_eq!(first.join().unwrap(), 0);
    assert_eq!(second.join().unwrap(), 1);
    assert_eq!(third.join().unwrap(), 2);
}
