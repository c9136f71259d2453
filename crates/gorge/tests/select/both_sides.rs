//! Selects that meet selects.

use gorge::{Receiver, Sender, channel, go, select};

use crate::waiting::stress;

/// Sends `n` values on one channel and receives `n` from the other, whichever
/// is possible: what two peers do to each other.
fn exchange(tx: &Sender<u64>, rx: &Receiver<u64>, n: u64) -> u64 {
    let (mut sent, mut received, mut sum) = (0, 0, 0);
    while sent < n || received < n {
        select! {
            send(tx, sent), if sent < n => sent += 1,
            recv(rx) -> value, if received < n => {
                sum += value.unwrap();
                received += 1;
            }
        }
    }
    sum
}

#[gorge::test]
fn two_selects_never_deadlock_each_other() {
    const N: u64 = 20_000;
    for cap in [0, 1] {
        let (tx1, rx1) = channel(cap);
        let (tx2, rx2) = channel(cap);
        let other = go(move || exchange(&tx1, &rx2, N));
        assert_eq!(exchange(&tx2, &rx1, N), N * (N - 1) / 2);
        assert_eq!(other.join().unwrap(), N * (N - 1) / 2);
    }
}

#[test]
fn the_same_from_plain_threads() {
    const N: u64 = 2000;
    let (tx1, rx1) = channel(0);
    let (tx2, rx2) = channel(0);
    let other = std::thread::spawn(move || exchange(&tx1, &rx2, N));
    assert_eq!(exchange(&tx2, &rx1, N), N * (N - 1) / 2);
    assert_eq!(other.join().unwrap(), N * (N - 1) / 2);
}

/// Both directions of one channel in one select: it never meets itself.
#[gorge::test]
fn a_select_does_not_meet_itself() {
    let (tx, rx) = channel(0);
    select! {
        send(tx, 1) => panic!("to whom?"),
        recv(rx) => panic!("from whom?"),
        default => {}
    }
    let peer = go({
        let (tx, rx) = (tx.clone(), rx.clone());
        move || {
            let mut sent = 0;
            for _ in 0..1000 {
                select! {
                    send(tx, 1) => sent += 1,
                    recv(rx) -> n => assert_eq!(n, Ok(2)),
                }
            }
            sent
        }
    });
    let mut sent = 0;
    for _ in 0..1000 {
        select! {
            recv(rx) -> n => assert_eq!(n, Ok(1)),
            send(tx, 2) => sent += 1,
        }
    }
    assert_eq!(sent + peer.join().unwrap(), 1000, "each exchange has one sender");
}

/// Many selects over the same channels, some of which appear in them twice.
#[gorge::test]
fn many_selects_on_the_same_channels() {
    let began = std::time::Instant::now();
    let mut round = 0;
    while began.elapsed() < stress() {
        round += 1;
        let (tx1, rx1) = channel(0);
        let (tx2, rx2) = channel(round % 2);
        let receivers: Vec<_> = (0..4)
            .map(|_| {
                let (rx1, rx2) = (rx1.clone(), rx2.clone());
                go(move || {
                    let (mut sum, mut first, mut second) = (0, Some(&rx1), Some(&rx2));
                    while first.is_some() || second.is_some() {
                        select! {
                            recv(first) -> n => n.map(|n| sum += n).unwrap_or_else(|_| first = None),
                            recv(second) -> n => n.map(|n| sum += n).unwrap_or_else(|_| second = None),
                            recv(first) -> n => n.map(|n| sum += n).unwrap_or_else(|_| first = None),
                        }
                    }
                    sum
                })
            })
            .collect();
        let senders: Vec<_> = (0..4)
            .map(|_| {
                let (tx1, tx2) = (tx1.clone(), tx2.clone());
                go(move || {
                    for n in 0..100_u64 {
                        select! {
                            send(tx1, n) -> sent => sent.unwrap(),
                            send(tx2, n) -> sent => sent.unwrap(),
                        }
                    }
                })
            })
            .collect();
        drop((tx1, tx2));
        senders.into_iter().for_each(|sender| sender.join().unwrap());
        let sum: u64 = receivers.into_iter().map(|receiver| receiver.join().unwrap()).sum();
        assert_eq!(sum, 4 * 99 * 100 / 2);
    }
}
