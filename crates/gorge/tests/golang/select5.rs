//! After <https://github.com/golang/go/blob/master/test/chan/select5.go>
//!
//! Channels and values are evaluated once and in order, whatever the arms. The
//! original generates its cases; this goes through all orders of four arms.

use std::cell::RefCell;

use gorge::{Chan, select};

#[derive(Clone, Copy, PartialEq, Debug)]
enum Arm {
    /// Receives from the ready one.
    Ready,
    /// Receives from an empty one.
    Empty,
    /// Receives from nil.
    Nil,
    /// Sends to one without a receiver.
    Send,
}

fn orders() -> Vec<[Arm; 4]> {
    let arms = [Arm::Ready, Arm::Empty, Arm::Nil, Arm::Send];
    let mut orders = Vec::new();
    for a in 0..4 {
        for b in (0..4).filter(|b| *b != a) {
            for c in (0..4).filter(|c| *c != a && *c != b) {
                orders.push([arms[a], arms[b], arms[c], arms[6 - a - b - c]]);
            }
        }
    }
    orders
}

#[gorge::test]
fn once_and_in_order() {
    let (full, empty, nil) = (Chan::new(1), Chan::new(0), Chan::<usize>::nil());
    assert_eq!(orders().len(), 24);
    for order in orders() {
        full.send(1);
        let log = RefCell::new(Vec::new());
        // The receiving end of arm `n`, and the sending end and value.
        let from = |n: usize| {
            log.borrow_mut().push(n * 10);
            match order[n] {
                Arm::Ready => &full,
                Arm::Empty => &empty,
                Arm::Nil | Arm::Send => &nil,
            }
        };
        let to = |n: usize| {
            log.borrow_mut().push(n * 10 + 1);
            if order[n] == Arm::Send { &empty } else { &nil }
        };
        let value = |n: usize| {
            log.borrow_mut().push(n * 10 + 2);
            n
        };
        let chosen = select! {
            recv(from(0)) => 0,
            send(to(0), value(0)) => unreachable!("nobody receives"),
            recv(from(1)) => 1,
            send(to(1), value(1)) => unreachable!("nobody receives"),
            recv(from(2)) => 2,
            send(to(2), value(2)) => unreachable!("nobody receives"),
            recv(from(3)) => 3,
            send(to(3), value(3)) => unreachable!("nobody receives"),
        };
        assert_eq!(order[chosen], Arm::Ready);
        assert_eq!(*log.borrow(), [0, 1, 2, 10, 11, 12, 20, 21, 22, 30, 31, 32]);
    }
}
