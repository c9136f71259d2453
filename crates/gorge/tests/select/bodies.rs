//! Bodies: their value, their control flow, what they may do.

use gorge::{Receiver, RecvError, channel, go, select};

#[gorge::test]
fn the_value_of_the_select_is_that_of_the_body() {
    let (tx, rx) = channel(1);
    let answer: &str = select! {
        recv(rx) => "received",
        send(tx, 1) => "sent",
    };
    assert_eq!(answer, "sent");
    assert_eq!(select! { recv(rx) -> n => n, default => Err(RecvError) }, Ok(1));
    assert_eq!(1 + select! { default => 1 }, 2);
}

#[gorge::test]
fn bodies_end_with_a_comma_or_a_brace() {
    let (tx, rx) = channel(1);
    select! {
        recv(rx) -> n => { n.unwrap(); }
        send(tx, 1) => if rx.is_empty() { panic!() }
        recv(rx), if false => match rx.len() { 0 => panic!(), 1 => (), n => unreachable!("{n}") }
        recv(rx), if false => (),
        default => ()
    }
    assert_eq!(rx.len(), 1);
}

#[gorge::test]
fn patterns_take_the_result_apart() {
    struct Pair(i32, Option<&'static str>);
    let (tx, rx) = channel::<Pair>(1);
    tx.send(Pair(1, Some("x"))).unwrap();
    let (Ok(n) | Err(n)) = select! {
        recv(rx) -> received => received.map(|Pair(n, text)| n + text.map_or(0, |_| 1)).map_err(|_| 0),
    };
    assert_eq!(n, 2);
    tx.send(Pair(3, None)).unwrap();
    select! { recv(rx) -> mut received => assert_eq!(received.as_mut().unwrap().0, 3) }
    drop(tx);
    select! { recv(rx) -> Ok(Pair(..)) | Err(RecvError) => {} }
}

/// `break`, `continue`, `return` and `?` do what they do around the macro.
#[gorge::test]
fn control_flow_goes_through() {
    fn first_even(rx: &Receiver<i32>) -> Result<i32, RecvError> {
        loop {
            select! {
                recv(rx) -> n => {
                    let n = n?;
                    if n % 2 == 1 {
                        continue;
                    }
                    return Ok(n);
                }
            }
        }
    }
    let (tx, rx) = channel(5);
    [1, 3, 4, 5].into_iter().for_each(|n| tx.send(n).unwrap());
    drop(tx);
    assert_eq!(first_even(&rx), Ok(4));
    assert_eq!(first_even(&rx), Err(RecvError));

    let (tx, rx) = channel(5);
    (0..5).for_each(|n| tx.send(n).unwrap());
    let mut seen = 0;
    let found = 'outer: loop {
        for _ in 0..2 {
            select! {
                recv(rx) -> n => match n.unwrap() {
                    3 => break 'outer "three",
                    _ => seen += 1,
                },
                default => break 'outer "nothing",
            }
        }
    };
    assert_eq!((found, seen), ("three", 3));
}

/// What the arms have borrowed is free again in the bodies.
#[gorge::test]
fn bodies_own_the_channels() {
    let (tx, rx) = channel(1);
    tx.send(1).unwrap();
    let mut value = vec![1];
    select! {
        recv(rx) -> n => {
            drop(rx);
            value.push(n.unwrap());
            assert_eq!(tx.send(2).unwrap_err().into_inner(), 2);
            drop(tx);
        }
        send(tx, 3) => panic!("full"),
    }
    assert_eq!(value, [1, 1]);
}

/// A body may use the channels of its select, also in another select.
#[gorge::test]
fn no_lock_is_held_in_a_body() {
    let (tx, rx) = channel(1);
    let n = select! {
        recv(rx) => 0,
        send(tx, 1) => select! {
            recv(rx) -> n => {
                tx.send(n.unwrap() + 1).unwrap();
                rx.recv().unwrap()
            }
        },
    };
    assert_eq!(n, 2);
}

#[gorge::test]
fn names_in_the_macro_do_not_clash() {
    let (tx, won) = channel(1);
    let (arm0, deadline) = (&won, std::time::Duration::from_secs(60));
    tx.send(1).unwrap();
    let arm1 = 5;
    select! {
        recv(arm0) -> n => assert_eq!(n.unwrap() + arm1, 6),
        timeout(deadline) => panic!("{deadline:?}"),
    }
}

#[gorge::test]
fn a_select_in_a_loop_with_a_worker() {
    let (jobs, inbox) = channel::<u64>(0);
    let (quit, stopped) = channel::<()>(0);
    let (results, outbox) = channel(0);
    let worker = go(move || {
        let mut done = 0;
        loop {
            select! {
                recv(inbox) -> job => {
                    results.send(job.unwrap() * 2).unwrap();
                    done += 1;
                }
                recv(stopped) => return done,
            }
        }
    });
    for n in 0..100 {
        jobs.send(n).unwrap();
        assert_eq!(outbox.recv(), Ok(2 * n));
    }
    drop(quit);
    assert_eq!(worker.join().unwrap(), 100);
}

/// What nobody has asked for is dropped before the body runs.
#[gorge::test]
fn without_a_pattern_the_value_is_dropped() {
    let balance = crate::waiting::Balance::new();
    let (tx, rx) = channel(1);
    tx.send(balance.make(1)).unwrap();
    select! { recv(rx) => assert_eq!(balance.alive(), 0) }
    drop(rx);
    select! { send(tx, balance.make(2)) => assert_eq!(balance.alive(), 0) }
}
