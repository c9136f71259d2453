//! What the arms are made of, and what happens to those that do not happen.

use std::rc::Rc;
use std::sync::Arc;

use gorge::{Chan, Receiver, RecvError, SendError, Sender, channel, select};
use gorge_sched::WaitReason;

use crate::waiting::{named, waits};

#[gorge::test]
fn receiving_and_sending() {
    let (tx, rx) = channel(1);
    select! {
        recv(rx) -> _ => panic!("empty"),
        send(tx, 5) -> sent => assert_eq!(sent, Ok(())),
    }
    select! {
        recv(rx) -> n => assert_eq!(n, Ok(5)),
        send(tx, 6) => panic!("there is room for one"),
    };
    drop(tx);
    select! { recv(rx) -> n => assert_eq!(n, Err(RecvError)) }
}

#[gorge::test]
fn sending_on_a_closed_channel_gives_the_value_back() {
    let (tx, rx) = channel(0);
    drop(rx);
    select! { send(tx, "x") -> sent => assert_eq!(sent, Err(SendError("x"))) }
}

#[gorge::test]
fn sending_on_a_closed_two_way_channel_panics() {
    let c = Chan::new(1);
    c.close();
    let panic = gorge::go(move || select! { send(c, 1) => {} }).join().unwrap_err();
    let panic = panic.into_panic().unwrap();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"send on closed channel"));
}

#[gorge::test]
fn whatever_leads_to_an_end() {
    let c = Chan::new(3);
    let (tx, rx) = (c.sender(), c.receiver());
    select! { send(c, 1) => {} }
    select! { send(&tx, 2) => {} }
    select! { send(Some(tx), 3) => {} }
    select! { recv(rx) -> n => assert_eq!(n, Ok(1)) }
    select! { recv(Some(&rx)) -> n => assert_eq!(n, Ok(2)) }
    select! { recv(&&c) -> n => assert_eq!(n, Ok(3)) }

    c.send(4);
    c.send(5);
    c.send(6);
    let (shared, alone, boxed) = (Arc::new(rx.clone()), Rc::new(rx.clone()), Box::new(rx.clone()));
    select! { recv(shared) -> n => assert_eq!(n, Ok(4)) }
    select! { recv(alone) -> n => assert_eq!(n, Ok(5)) }
    select! { recv(boxed) -> n => assert_eq!(n, Ok(6)) }

    // A channel that only the select itself holds.
    let make = || {
        let (tx, rx) = channel(1);
        tx.send(7).unwrap();
        rx
    };
    select! { recv(make()) -> n => assert_eq!(n, Ok(7)) }
}

#[gorge::test]
fn arms_that_never_happen() {
    let (tx, rx) = channel(1);
    tx.send(1).unwrap();
    let full = tx.clone();
    let (_keep, empty) = channel::<u8>(0);
    for _ in 0..100 {
        select! {
            recv(rx), if false => panic!("switched off"),
            recv(None::<&Receiver<u8>>) => panic!("none"),
            recv(Receiver::<u8>::nil()) => panic!("nil"),
            recv(Chan::<u8>::nil()) => panic!("nil"),
            recv(empty) => panic!("empty"),
            send(full, 2) => panic!("full"),
            send(Sender::nil(), 2) => panic!("nil"),
            send(None::<Sender<u8>>, 2) => panic!("none"),
            send(tx, 2), if tx.is_empty() => panic!("switched off"),
            default => {}
        }
    }
    assert_eq!(rx.len(), 1);
}

/// The same with nothing but such arms, waiting.
#[gorge::test(may_leave)]
fn only_arms_that_never_happen() {
    drop(named("only nil, many", || {
        select! {
            recv(Receiver::<u8>::nil()) => {}
            send(Sender::nil(), 1) => {}
        }
    }));
    drop(named("only nil, one", || select! { recv(Receiver::<u8>::nil()) => {} }));
    drop(named("nothing", || select! {}));
    assert_eq!(waits("only nil, many"), WaitReason::Select);
    assert_eq!(waits("only nil, one"), WaitReason::ChanReceiveNil);
    assert_eq!(waits("nothing"), WaitReason::SelectNoCases);
}

/// A nil channel switches its arm off, as in Go: the usual way to merge two
/// channels of which one ends earlier.
#[gorge::test]
fn merging_by_nil() {
    let (tx1, mut rx1) = channel(4);
    let (tx2, mut rx2) = channel(4);
    (0..3).for_each(|n| tx1.send(n).unwrap());
    tx2.send(10).unwrap();
    drop((tx1, tx2));
    let mut sum = 0;
    while !(rx1.is_nil() && rx2.is_nil()) {
        select! {
            recv(rx1) -> n => match n {
                Ok(n) => sum += n,
                Err(RecvError) => rx1 = Receiver::nil(),
            },
            recv(rx2) -> n => match n {
                Ok(n) => sum += n,
                Err(RecvError) => rx2 = Receiver::nil(),
            },
        }
    }
    assert_eq!(sum, 13);
}

/// Every expression is evaluated once, in the order written, also those of
/// arms that do not happen.
#[gorge::test]
fn expressions_are_evaluated_once_in_order() {
    use std::cell::RefCell;
    use std::time::Duration;

    let log = RefCell::new(Vec::new());
    fn note<'a, T>(log: &RefCell<Vec<&'a str>>, what: &'a str, value: T) -> T {
        log.borrow_mut().push(what);
        value
    }
    let (tx, rx) = channel(1);
    let (_keep, other) = channel::<u8>(0);
    tx.send(0).unwrap();
    select! {
        recv(note(&log, "1 recv", &other)), if note(&log, "2 if", true) => panic!(),
        send(note(&log, "3 send", &tx), note(&log, "4 value", 1)), if note(&log, "5 if", true) => panic!(),
        timeout(note(&log, "6 timeout", Duration::from_secs(60))), if note(&log, "7 if", true) => panic!(),
        recv(note(&log, "8 recv", &rx)) -> n => log.borrow_mut().push(if n == Ok(0) { "9 body" } else { "?" }),
        recv(note(&log, "8b recv", &other)), if note(&log, "8c if", false) => panic!(),
    }
    let expected = [
        "1 recv",
        "2 if",
        "3 send",
        "4 value",
        "5 if",
        "6 timeout",
        "7 if",
        "8 recv",
        "8b recv",
        "8c if",
        "9 body",
    ];
    assert_eq!(*log.borrow(), expected);
}

#[gorge::test]
fn arms_of_different_types() {
    let (text, texts) = channel::<String>(1);
    let (number, numbers) = channel::<u64>(0);
    let (unit, units) = channel::<()>(0);
    text.send("x".into()).unwrap();
    let length = select! {
        recv(texts) -> text => text.unwrap().len(),
        recv(numbers) -> n => n.unwrap() as usize,
        recv(units) -> _ => 0,
        send(number, 5) -> _ => 0,
        send(unit, ()) -> _ => 0,
    };
    assert_eq!(length, 1);
}

#[gorge::test]
fn more_arms_than_anyone_writes() {
    let (tx, rx) = channel(1);
    tx.send(1).unwrap();
    let (_keep, e) = channel::<u8>(0);
    let n = select! {
        recv(e) => 1, recv(e) => 2, recv(e) => 3, recv(e) => 4, recv(e) => 5, recv(e) => 6,
        recv(e) => 7, recv(e) => 8, recv(e) => 9, recv(e) => 10, recv(e) => 11, recv(e) => 12,
        recv(e) => 13, recv(e) => 14, recv(e) => 15, recv(e) => 16, recv(e) => 17, recv(e) => 18,
        recv(e) => 19, recv(rx) => 20,
    };
    assert_eq!(n, 20);
}
