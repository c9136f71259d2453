//! After <https://github.com/golang/go/blob/master/test/chan/fifo.go>
//!
//! Channels are queues, with a buffer and without.

use gorge::{Receiver, Sender, channel, go};

const N: usize = 10;

#[gorge::test]
fn with_a_buffer() {
    let (tx, rx) = channel(N);
    (0..N).for_each(|n| tx.send(n).unwrap());
    (0..N).for_each(|n| assert_eq!(rx.recv(), Ok(n)));
}

/// Each waits for its turn, takes its number, and gives the turn to the next.
fn link(c: Receiver<usize>, n: usize, turn: Receiver<()>, next: Sender<()>) {
    turn.recv().unwrap();
    assert_eq!(c.recv(), Ok(n));
    next.send(()).unwrap();
}

#[gorge::test]
fn without_a_buffer() {
    let (tx, rx) = channel(0);
    let (begin, mut turn) = channel(0);
    for n in 0..N {
        let (next, following) = channel(0);
        let (c, turn) = (rx.clone(), std::mem::replace(&mut turn, following));
        drop(go(move || link(c, n, turn, next)));
    }
    begin.send(()).unwrap();
    (0..N).for_each(|n| tx.send(n).unwrap());
    turn.recv().unwrap();
}
