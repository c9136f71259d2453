//! The table of channel states and operations, cell by cell:
//!
//! | operation | state | result |
//! |---|---|---|
//! | receive | nil | waits for ever |
//! | | open and not empty | the value |
//! | | open and empty | waits |
//! | | closed | the zero value, false |
//! | | send only | does not compile |
//! | send | nil | waits for ever |
//! | | open and full | waits |
//! | | open and not full | the value is written |
//! | | closed | panics |
//! | | receive only | does not compile |
//! | close | nil | panics |
//! | | open and not empty | closes; receives succeed until it is drained, then give the zero value |
//! | | open and empty | closes; receives give the zero value |
//! | | closed | panics |
//! | | receive only | does not compile |
//!
//! (The cells that do not compile are in `tests/ui/types/directions.rs`.)

use gorge::Chan;
use gorge_sched::WaitReason;

use crate::waiting::{named, waits};

/// The text of the panic in `f`.
fn panics(f: impl FnOnce() + Send + 'static) -> String {
    let error = gorge::go(f).join().unwrap_err();
    super::pass::message(&*error.into_panic().expect("a panic")).to_owned()
}

#[gorge::test(may_leave)]
fn receive_on_nil_waits_for_ever() {
    drop(named("receive on nil", || Chan::<u32>::nil().recv()));
    assert_eq!(waits("receive on nil"), WaitReason::ChanReceiveNil);
    assert_eq!(WaitReason::ChanReceiveNil.to_string(), "chan receive (nil chan)");
}

#[gorge::test]
fn receive_on_open_and_not_empty() {
    let c = Chan::new(1);
    c.send(5);
    assert_eq!(c.recv_ok(), (5, true));
}

#[gorge::test]
fn receive_on_open_and_empty_waits() {
    for cap in [0, 1] {
        let c = Chan::new(cap);
        let name = format!("receive on empty {cap}");
        let receiver = named(&name, {
            let c = c.clone();
            move || c.recv_ok()
        });
        assert_eq!(waits(&name), WaitReason::ChanReceive);
        c.send(6);
        assert_eq!(receiver.join().unwrap(), (6, true));
    }
}

#[gorge::test]
fn receive_on_closed() {
    let c = Chan::<u32>::new(0);
    c.close();
    for _ in 0..3 {
        assert_eq!(c.recv_ok(), (0, false));
        assert_eq!(c.recv(), 0);
        assert_eq!(c.receive(), None);
    }
}

#[gorge::test(may_leave)]
fn send_on_nil_waits_for_ever() {
    drop(named("send on nil", || Chan::nil().send(1)));
    assert_eq!(waits("send on nil"), WaitReason::ChanSendNil);
    assert_eq!(WaitReason::ChanSendNil.to_string(), "chan send (nil chan)");
}

#[gorge::test]
fn send_on_open_and_full_waits() {
    for cap in [0, 1] {
        let c = Chan::new(cap);
        (0..cap).for_each(|_| c.send(1));
        let name = format!("send on full {cap}");
        let sender = named(&name, {
            let c = c.clone();
            move || c.send(1)
        });
        assert_eq!(waits(&name), WaitReason::ChanSend);
        (0..=cap).for_each(|_| assert_eq!(c.recv(), 1));
        sender.join().unwrap();
    }
}

#[gorge::test]
fn send_on_open_and_not_full() {
    let c = Chan::new(2);
    c.send(1);
    assert_eq!((c.len(), c.cap()), (1, 2));
}

#[gorge::test]
fn send_on_closed_panics() {
    let c = Chan::new(1);
    c.close();
    assert_eq!(panics(move || c.send(1)), "send on closed channel");
}

#[gorge::test]
fn a_waiting_send_panics_when_the_channel_is_closed() {
    let c = Chan::new(0);
    let sender = named("a_waiting_send_panics", {
        let c = c.clone();
        move || c.send(1)
    });
    waits("a_waiting_send_panics");
    c.close();
    let panic = sender.join().unwrap_err().into_panic().unwrap();
    assert_eq!(super::pass::message(&*panic), "send on closed channel");
}

#[gorge::test]
fn close_of_nil_panics() {
    assert_eq!(panics(|| Chan::<u8>::nil().close()), "close of nil channel");
}

#[gorge::test]
fn close_of_open_and_not_empty() {
    let c = Chan::new(2);
    c.send(1);
    c.send(2);
    c.close();
    assert_eq!(c.recv_ok(), (1, true));
    assert_eq!(c.recv_ok(), (2, true));
    assert_eq!(c.recv_ok(), (0, false));
}

#[gorge::test]
fn close_of_open_and_empty() {
    let c = Chan::<u8>::new(2);
    c.close();
    assert_eq!(c.recv_ok(), (0, false));
}

#[gorge::test]
fn close_of_closed_panics() {
    let c = Chan::<u8>::new(0);
    c.close();
    assert_eq!(panics(move || c.close()), "close of closed channel");
}
