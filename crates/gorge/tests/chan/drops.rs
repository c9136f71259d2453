//! Every value is dropped exactly once, whatever happens to it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use gorge::{channel, go, select};

use crate::waiting::{Balance, Counted, named, waits};

#[gorge::test]
fn values_left_in_the_buffer() {
    let balance = Balance::new();
    let (tx, rx) = channel(8);
    // Not at the start of the buffer, and around its end.
    for n in 0..6 {
        tx.send(balance.make(n)).unwrap();
        drop(rx.recv().unwrap());
    }
    for n in 0..7 {
        tx.send(balance.make(n)).unwrap();
    }
    assert_eq!(balance.alive(), 7);
    drop(rx);
    assert_eq!(balance.alive(), 0, "dropped with the last receiver, not with the last sender");
    drop(tx);
    assert_eq!(balance.alive(), 0);
}

#[gorge::test]
fn values_that_were_refused() {
    let balance = Balance::new();
    let (tx, rx) = channel(1);
    tx.send(balance.make(0)).unwrap();
    drop(tx.try_send(balance.make(1)).unwrap_err());
    assert_eq!(balance.alive(), 1);
    tx.close();
    drop(tx.send(balance.make(2)).unwrap_err());
    assert_eq!(tx.send(balance.make(3)).unwrap_err().into_inner().number, 3);
    assert_eq!(balance.alive(), 1);
    drop((tx, rx));
    assert_eq!(balance.alive(), 0);
}

#[gorge::test]
fn the_value_of_a_waiting_sender() {
    let balance = Balance::new();
    let (tx, rx) = channel(0);
    let sender = named("the_value_of_a_waiting_sender", move || tx.send(balance.make(1)).is_err());
    waits("the_value_of_a_waiting_sender");
    assert_eq!(balance.alive(), 1);
    drop(rx);
    assert!(sender.join().unwrap());
    assert_eq!(balance.alive(), 0);
}

#[gorge::test]
fn the_value_of_an_arm_that_did_not_happen() {
    let balance = Balance::new();
    let (tx, _rx) = channel(0);
    let (ready, taken) = channel(1);
    ready.send(()).unwrap();
    select! {
        send(tx, balance.make(1)) => panic!("nobody receives"),
        recv(taken) => assert_eq!(balance.alive(), 0, "dropped before the body"),
    }
    select! {
        send(tx, balance.make(1)) => panic!("nobody receives"),
        default => assert_eq!(balance.alive(), 0),
    }
    select! {
        send(tx, balance.make(1)), if false => panic!("switched off"),
        default => assert_eq!(balance.alive(), 0),
    }
}

#[gorge::test]
fn the_values_of_a_select_that_waited() {
    let balance = Balance::new();
    let (tx1, rx1) = channel(0);
    let (tx2, rx2) = channel(0);
    let selecting = named("the_values_of_a_select", move || {
        select! {
            send(tx1, balance.make(1)) -> sent => { sent.unwrap(); 1 }
            send(tx2, balance.make(2)) -> sent => { sent.unwrap(); 2 }
        }
    });
    waits("the_values_of_a_select");
    assert_eq!(balance.alive(), 2);
    assert_eq!(rx2.recv().unwrap().number, 2);
    assert_eq!(selecting.join().unwrap(), 2);
    assert_eq!(balance.alive(), 0);
    drop(rx1);
}

/// A panic while the arms are made unwinds through those made before.
#[gorge::test]
fn a_panic_in_a_later_expression() {
    let balance = Balance::new();
    let (tx, rx) = channel(1);
    let attempt = catch_unwind(AssertUnwindSafe(|| {
        select! {
            send(tx, balance.make(1)) => {}
            send(tx, no_value()) => {}
        }
    }));
    assert!(attempt.is_err());
    assert_eq!(balance.alive(), 0);
    assert!(rx.is_empty(), "no arm happened");
}

fn no_value() -> Counted<'static> {
    panic!("no value")
}

#[gorge::test]
fn a_panic_in_a_body() {
    let balance = Balance::new();
    let (tx, rx) = channel(1);
    tx.send(balance.make(1)).unwrap();
    let attempt = catch_unwind(AssertUnwindSafe(|| {
        select! { recv(rx) -> value => { let _value = value.unwrap(); panic!("in the body") } }
    }));
    assert!(attempt.is_err());
    assert_eq!(balance.alive(), 0);
}

fn leave() -> Counted<'static> {
    gorge::runtime::goexit()
}

/// A goroutine that holds values and ends while it would send drops them.
#[gorge::test]
fn goexit_while_a_value_is_on_its_way() {
    let balance = Balance::new();
    let (tx, rx) = channel(1);
    let leaving = go(move || {
        let _here = balance.make(1);
        tx.send(balance.make(2)).unwrap();
        tx.send(leave()).unwrap();
    });
    assert!(leaving.join().is_err());
    assert_eq!(balance.alive(), 1, "the one in the buffer");
    assert_eq!(rx.iter().count(), 1, "closed, because the sender was dropped");
    assert_eq!(balance.alive(), 0);
}

/// A value whose destructor panics does not keep the others from being dropped,
/// nor the channel from being freed.
#[gorge::test]
fn a_destructor_that_panics() {
    struct Bomb(#[allow(dead_code)] Counted<'static>, bool);
    impl Drop for Bomb {
        fn drop(&mut self) {
            assert!(!self.1, "a bomb");
        }
    }
    let balance = Balance::new();
    let (tx, rx) = channel(5);
    for n in 0..5 {
        tx.send(Bomb(balance.make(n), n == 2)).ok().unwrap();
    }
    let attempt = catch_unwind(AssertUnwindSafe(move || drop(rx)));
    assert!(attempt.is_err());
    assert_eq!(balance.alive(), 0);
    assert!(tx.is_closed());
}

/// A destructor may use the very channel its value was in: no lock is held.
#[gorge::test]
fn a_destructor_that_uses_the_channel() {
    struct Looks(gorge::Sender<Looks>, &'static Balance);
    impl Drop for Looks {
        fn drop(&mut self) {
            assert!(self.0.is_closed());
            drop(self.1.make(0));
            assert!(!self.0.close(), "closed already");
        }
    }
    let balance = Balance::new();
    let (tx, rx) = channel(2);
    tx.send(Looks(tx.clone(), balance)).ok().unwrap();
    tx.send(Looks(tx.clone(), balance)).ok().unwrap();
    drop(rx);
    assert_eq!(balance.alive(), 0);
    assert!(tx.is_empty());
}

#[gorge::test]
fn values_in_a_race_between_send_and_the_last_receiver() {
    let balance = Balance::new();
    for round in 0..500 {
        let (tx, rx) = channel(round % 3);
        let sender = go(move || {
            let mut sent = 0;
            while tx.send(balance.make(sent)).is_ok() {
                sent += 1;
            }
        });
        for _ in 0..round % 5 {
            drop(rx.recv());
        }
        drop(rx);
        sender.join().unwrap();
        assert_eq!(balance.alive(), 0, "round {round}");
    }
}
