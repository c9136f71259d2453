//! Select in every interleaving.

use gorge_base::sync::{model_up_to, thread};
use gorge_sched::timer;

use super::{Arms, Cons, End, Order, Won};
use crate::chan::{Receiver, Sender, channel};
use crate::macros;

type Two<A, B> = Cons<A, Cons<B, End>>;

fn two<A, B>(a: A, b: B) -> Two<A, B> {
    Cons::new(a, Cons::new(b, End))
}

fn select<L: Arms>(arms: L) -> L::Won {
    macros::select(arms, Order::Biased)
}

#[test]
fn two_channels_two_senders() {
    model_up_to(3, || {
        let (tx1, rx1) = channel(0);
        let (tx2, rx2) = channel(0);
        let senders = [
            thread::spawn(move || tx1.send(1).unwrap()),
            thread::spawn(move || tx2.send(2).unwrap()),
        ];
        let mut sum = 0;
        for _ in 0..2 {
            sum += match select(two(macros::recv(&rx1), macros::recv(&rx2))) {
                Won::Here(n) => n.unwrap_or(0),
                Won::Next(Won::Here(n)) => n.unwrap_or(0),
            };
            // A channel whose sender is gone is always ready: pick the other.
            if sum == 1 {
                sum += rx2.recv().unwrap();
                break;
            }
            if sum == 2 {
                sum += rx1.recv().unwrap();
                break;
            }
        }
        assert_eq!(sum, 3);
        for sender in senders {
            sender.join().unwrap();
        }
    });
}

/// One side of two selects on the same two channels: sends on one, receives
/// from the other. True if it sent.
fn meet(tx: &Sender<u32>, rx: &Receiver<u32>) -> bool {
    match select(two(macros::recv(rx), macros::send(tx, 1))) {
        Won::Here(received) => {
            assert_eq!(received, Ok(1));
            false
        }
        Won::Next(Won::Here(sent)) => {
            sent.unwrap();
            true
        }
    }
}

#[test]
fn two_selects_from_both_sides() {
    model_up_to(3, || {
        let (tx1, rx1) = channel(0);
        let (tx2, rx2) = channel(0);
        // The ends not used here must stay, or else the other side sees a
        // closed channel.
        let keep = (tx1.clone(), rx1.clone(), tx2.clone(), rx2.clone());
        let other = thread::spawn(move || meet(&tx1, &rx2));
        let here = meet(&tx2, &rx1);
        assert!(here ^ other.join().unwrap(), "exactly one of the two sends");
        drop(keep);
    });
}

#[test]
fn a_select_does_not_meet_itself() {
    model_up_to(3, || {
        let (tx, rx) = channel(0);
        let other = tx.clone();
        let sender = thread::spawn(move || other.send(2).unwrap());
        match select(two(macros::send(&tx, 1), macros::recv(&rx))) {
            Won::Next(Won::Here(received)) => assert_eq!(received, Ok(2)),
            Won::Here(_) => panic!("nobody else receives"),
        }
        sender.join().unwrap();
    });
}

#[test]
fn a_lost_race_loses_no_value() {
    model_up_to(3, || {
        let (tx1, rx1) = channel(1);
        let (tx2, rx2) = channel(1);
        let sender = thread::spawn(move || {
            tx1.send(1).unwrap();
            tx2.send(2).unwrap();
            (tx1, tx2)
        });
        match select(two(macros::recv(&rx1), macros::recv(&rx2))) {
            Won::Here(first) => {
                assert_eq!(first, Ok(1));
                assert_eq!(rx2.recv(), Ok(2));
            }
            Won::Next(Won::Here(second)) => {
                assert_eq!(second, Ok(2));
                assert_eq!(rx1.recv(), Ok(1));
            }
        }
        sender.join().unwrap();
    });
}

#[test]
fn close_against_select() {
    model_up_to(3, || {
        let (tx1, rx1) = channel::<u32>(0);
        let (tx2, rx2) = channel::<u32>(0);
        let closers = [thread::spawn(move || drop(tx1)), thread::spawn(move || drop(tx2))];
        match select(two(macros::recv(&rx1), macros::recv(&rx2))) {
            Won::Here(n) | Won::Next(Won::Here(n)) => assert!(n.is_err()),
        }
        for closer in closers {
            closer.join().unwrap();
        }
    });
}

#[test]
fn timeout_against_two_senders() {
    model_up_to(3, || {
        let (tx1, rx1) = channel(0);
        let (tx2, rx2) = channel(0);
        let sender = thread::spawn(move || (tx1.try_send(1).is_ok(), tx2.try_send(2).is_ok()));
        let clock = thread::spawn(timer::pass);
        let arms = two(macros::recv(&rx1), macros::recv(&rx2));
        let won = macros::select_until(arms, Order::Biased, Some(1));
        let (first, second) = sender.join().unwrap();
        clock.join().unwrap();
        match won {
            Some(Won::Here(Ok(1))) => assert!(first),
            Some(Won::Next(Won::Here(Ok(2)))) => assert!(second && !first),
            Some(Won::Here(Err(_)) | Won::Next(Won::Here(Err(_)))) | None => {
                assert!(!first && !second);
            }
            other => panic!("{other:?}"),
        }
    });
}

/// From when the looker starts, one of the channels always has a value; so it
/// never finds none, although each is empty for a while. (In both orders of the arms.)
#[test]
fn a_look_at_one_moment() {
    for swapped in [false, true] {
        model_up_to(3, move || {
            let (tx1, rx1) = channel(1);
            let (tx2, rx2) = channel(1);
            tx1.send(1).unwrap();
            let looker = {
                let (rx1, rx2) = (rx1.clone(), rx2.clone());
                thread::spawn(move || {
                    let (a, b) = if swapped { (&rx2, &rx1) } else { (&rx1, &rx2) };
                    let arms = two(macros::recv(a), macros::recv(b));
                    macros::select_now(arms, Order::Biased).is_some()
                })
            };
            tx2.send(2).unwrap();
            let _ = rx1.try_recv();
            assert!(looker.join().unwrap(), "a value was there all the time");
            drop(rx2);
        });
    }
}
