//! The select that is made at run time.

use std::time::Duration;

use gorge::select::Select;
use gorge::{RecvError, SendError, channel, go};
use gorge_sched::WaitReason;

use crate::waiting::{Balance, LONG, named, waits};

const SHORT: Duration = Duration::from_millis(5);

#[gorge::test]
fn many_channels() {
    const CHANNELS: usize = 100; // more than a `select!` can have
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..CHANNELS).map(|_| channel(0)).unzip();
    let sending = go(move || {
        for round in 0..10 {
            for (n, tx) in senders.iter().enumerate() {
                tx.send(round * CHANNELS + n).unwrap();
            }
        }
    });
    let mut select = Select::new();
    for rx in &receivers {
        select.recv(rx, |received| received);
    }
    assert_eq!(select.len(), CHANNELS);
    for expected in 0..10 * CHANNELS {
        assert_eq!(select.wait(), (expected % CHANNELS, Ok(expected)));
    }
    while !select.is_empty() {
        let (closed, result) = select.wait();
        assert_eq!(result, Err(RecvError));
        select.remove(closed);
    }
    sending.join().unwrap();
}

#[gorge::test]
fn sends_and_receives_of_different_types() {
    enum Event {
        Text(Result<String, RecvError>),
        Sent(Result<(), SendError<u8>>),
    }
    let (tx, texts) = channel(1);
    let (numbers, rx) = channel(1);
    let mut select = Select::new();
    let text = select.recv(&texts, Event::Text);
    let sent = select.send(&numbers, 5, Event::Sent);
    assert_eq!((text, sent), (0, 1));
    let (index, event) = select.wait();
    assert!(matches!((index, event), (1, Event::Sent(Ok(())))));
    assert_eq!(rx.recv(), Ok(5));
    // The value is spent; what is left is the receive.
    assert!(select.try_wait().is_none());
    tx.send("x".to_owned()).unwrap();
    assert!(matches!(select.wait(), (0, Event::Text(Ok(text))) if text == "x"));
}

#[gorge::test]
fn a_send_on_a_closed_channel() {
    let (tx, rx) = channel(0);
    drop(rx);
    let mut select = Select::new();
    select.send(&tx, "x", |sent| sent);
    assert_eq!(select.wait(), (0, Err(SendError("x"))));
    assert_eq!(select.try_wait(), None, "it happens once");
}

#[gorge::test]
fn values_not_sent_are_dropped_with_the_list() {
    let balance = Balance::new();
    let (tx, _rx) = channel(0);
    let mut select = Select::new();
    select.send(&tx, balance.make(1), drop);
    select.send(&tx, balance.make(2), drop);
    assert!(select.try_wait().is_none());
    assert!(select.wait_timeout(SHORT).is_none());
    assert_eq!(balance.alive(), 2);
    select.remove(0);
    assert_eq!(balance.alive(), 1);
    drop(select);
    assert_eq!(balance.alive(), 0);
}

#[gorge::test(may_leave)]
fn nothing_to_wait_for() {
    let mut select = Select::<()>::new();
    assert!(select.is_empty());
    assert_eq!(select.try_wait(), None);
    assert_eq!(select.wait_timeout(SHORT), None);
    drop(named("an empty list", || Select::<()>::new().wait()));
    assert_eq!(waits("an empty list"), WaitReason::SelectNoCases);
}

#[gorge::test]
fn waiting_in_time() {
    let (tx, rx) = channel(0);
    let selecting = named("a list with a timeout", move || {
        let mut select = Select::new();
        select.recv(&rx, |received| received);
        select.wait_timeout(LONG)
    });
    waits("a list with a timeout");
    tx.send(1).unwrap();
    assert_eq!(selecting.join().unwrap(), Some((0, Ok(1))));
}

/// A case's function may use the channels, and even panic: nothing is enlisted
/// any more when it runs.
#[gorge::test]
fn functions_run_outside_of_the_select() {
    let (tx, rx) = channel(1);
    let again = tx.clone();
    let mut select = Select::new();
    select.recv(&rx, |received: Result<i32, _>| {
        again.send(received.unwrap() + 1).unwrap();
        rx.recv().unwrap()
    });
    tx.send(1).unwrap();
    assert_eq!(select.wait(), (0, 2));
}

#[gorge::test]
#[should_panic(expected = "index out of bounds")]
fn removing_what_never_was() {
    Select::<()>::new().remove(0);
}
