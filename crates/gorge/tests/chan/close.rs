//! Closing: by hand, by the last sender, by the last receiver; and whoever waits meanwhile.

use gorge::{Chan, RecvError, SendError, TryRecvError, TrySendError, channel, go};
use gorge_sched::WaitReason;

use crate::waiting::{named, waits};

#[gorge::test]
fn what_is_left_can_be_received() {
    let (tx, rx) = channel(3);
    tx.send(1).unwrap();
    tx.send(2).unwrap();
    assert!(!tx.is_closed());
    assert!(tx.close());
    assert!(!tx.close(), "closed by the first call");
    assert!(tx.is_closed() && rx.is_closed());
    assert_eq!(tx.send(3), Err(SendError(3)));
    assert_eq!(tx.try_send(3), Err(TrySendError::Closed(3)));
    assert_eq!(rx.recv(), Ok(1));
    assert_eq!(rx.try_recv(), Ok(2));
    for _ in 0..3 {
        assert_eq!(rx.recv(), Err(RecvError));
        assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
    }
}

#[gorge::test]
fn the_last_sender_closes() {
    let (tx, rx) = channel::<u8>(1);
    let other = tx.clone();
    drop(tx);
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    drop(other);
    assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
}

#[gorge::test]
fn the_last_receiver_closes() {
    let (tx, rx) = channel(1);
    let other = rx.clone();
    drop(rx);
    tx.send(1).unwrap();
    drop(other);
    assert!(tx.is_closed());
    assert_eq!(tx.send(2), Err(SendError(2)));
    assert!(tx.is_empty(), "nobody can receive it any more");
}

#[gorge::test]
fn closing_wakes_every_receiver() {
    let (tx, rx) = channel::<u8>(0);
    let receivers: Vec<_> = (0..100)
        .map(|n| {
            let rx = rx.clone();
            let name = format!("closing_wakes_every_receiver {n}");
            (named(&name, move || rx.recv()), name)
        })
        .collect();
    for (_, name) in &receivers {
        assert_eq!(waits(name), WaitReason::ChanReceive);
    }
    tx.close();
    for (receiver, _) in receivers {
        assert_eq!(receiver.join().unwrap(), Err(RecvError));
    }
}

#[gorge::test]
fn closing_wakes_every_sender_and_gives_the_values_back() {
    let (tx, rx) = channel(1);
    tx.send(100).unwrap();
    let senders: Vec<_> = (0..20)
        .map(|n| {
            let tx = tx.clone();
            let name = format!("closing_wakes_every_sender {n}");
            (named(&name, move || tx.send(n)), name)
        })
        .collect();
    for (_, name) in &senders {
        assert_eq!(waits(name), WaitReason::ChanSend);
    }
    tx.close();
    for (n, (sender, _)) in senders.into_iter().enumerate() {
        assert_eq!(sender.join().unwrap(), Err(SendError(n)));
    }
    assert_eq!(rx.recv(), Ok(100), "sent before the close");
    assert_eq!(rx.recv(), Err(RecvError));
}

#[gorge::test]
fn the_last_receiver_wakes_the_senders() {
    let (tx, rx) = channel(0);
    let sender = named("the_last_receiver_wakes", move || tx.send("x"));
    waits("the_last_receiver_wakes");
    drop(rx);
    assert_eq!(sender.join().unwrap(), Err(SendError("x")));
}

#[gorge::test]
fn a_two_way_handle_counts_on_both_sides() {
    let channel = Chan::new(1);
    let (tx, rx) = (channel.sender(), channel.receiver());
    drop(rx);
    tx.send(1).unwrap();
    drop(tx);
    assert_eq!(channel.try_recv(), Ok(1));
    assert_eq!(channel.try_recv(), Err(TryRecvError::Empty), "not closed: it could send itself");
    let rx = channel.receiver();
    drop(channel);
    assert_eq!(rx.recv(), Err(RecvError), "nobody is left to send");
}

/// One close among many: exactly one of them did it, and no send succeeded
/// whose value was not received.
#[gorge::test]
fn a_race_to_close() {
    for round in 0..200 {
        let (tx, rx) = channel(round % 3);
        let senders: Vec<_> = (0..3)
            .map(|_| {
                let tx = tx.clone();
                go(move || (0..50).take_while(|n| tx.send(*n).is_ok()).count())
            })
            .collect();
        let closers: Vec<_> = (0..3)
            .map(|n| {
                let tx = tx.clone();
                go(move || {
                    for _ in 0..n * round % 7 {
                        gorge::runtime::gosched();
                    }
                    tx.close()
                })
            })
            .collect();
        let received = rx.iter().count();
        let sent: usize = senders.into_iter().map(|sender| sender.join().unwrap()).sum();
        let closed = closers.into_iter().map(|closer| closer.join().unwrap());
        assert_eq!(closed.filter(|closed| *closed).count(), 1);
        assert_eq!(sent, received, "round {round}");
    }
}
