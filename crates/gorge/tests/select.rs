//! `select!` as its users see it.

use std::time::Duration;

use gorge::{Chan, Receiver, RecvError, SendError, Sender, channel, go, select};

#[gorge::test]
fn the_value_is_that_of_the_body() {
    let (tx, rx) = channel(1);
    tx.send(6).unwrap();
    let answer = select! {
        recv(rx) -> n => n.unwrap() * 7,
    };
    assert_eq!(answer, 42);
}

#[gorge::test]
fn a_send_arm_sends() {
    let (tx, rx) = channel(1);
    select! { send(tx, "x") -> sent => assert_eq!(sent, Ok(())) }
    assert_eq!(rx.try_recv(), Ok("x"));
}
