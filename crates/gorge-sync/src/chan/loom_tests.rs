//! The channel in every interleaving. Values count their drops: each model
//! ends with as many drops as values made.

use gorge_base::sync::atomic::{AtomicUsize, Ordering};
use gorge_base::sync::{Arc, model_up_to, thread};
use gorge_sched::timer;

use super::{Chan, RecvTimeoutError, TryRecvError, channel};
use crate::time::Instant;

/// A value that counts its end.
#[derive(Debug)]
struct Counted {
    number: usize,
    dropped: Arc<AtomicUsize>,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }
}

struct Mint(Arc<AtomicUsize>);

impl Mint {
    fn new() -> Self {
        Mint(Arc::new(AtomicUsize::new(0)))
    }

    fn make(&self, number: usize) -> Counted {
        Counted { number, dropped: self.0.clone() }
    }

    fn dropped(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

#[test]
fn unbuffered() {
    model_up_to(3, || {
        let (tx, rx) = channel(0);
        let sender = thread::spawn(move || tx.send(7).unwrap());
        assert_eq!(rx.recv(), Ok(7));
        assert!(rx.recv().is_err());
        sender.join().unwrap();
    });
}

#[test]
fn buffered_and_full() {
    model_up_to(3, || {
        let (tx, rx) = channel(1);
        let sender = thread::spawn(move || {
            for n in 0..3 {
                tx.send(n).unwrap();
            }
        });
        for n in 0..3 {
            assert_eq!(rx.recv(), Ok(n));
        }
        sender.join().unwrap();
    });
}

#[test]
fn two_senders() {
    model_up_to(3, || {
        let (tx, rx) = channel(0);
        let other = tx.clone();
        let senders = [
            thread::spawn(move || tx.send(1).unwrap()),
            thread::spawn(move || other.send(2).unwrap()),
        ];
        assert_eq!(rx.recv().unwrap() + rx.recv().unwrap(), 3);
        for sender in senders {
            sender.join().unwrap();
        }
    });
}

#[test]
fn close_against_send() {
    for cap in [0, 1] {
        model_up_to(3, move || {
            let mint = Mint::new();
            let (tx, rx) = channel(cap);
            let closer = tx.clone();
            let value = mint.make(1);
            let sender = thread::spawn(move || tx.send(value).map_err(|error| error.0.number));
            let closed = thread::spawn(move || closer.close());
            let received = rx.recv().map(|value| value.number);
            // Received exactly when sent.
            assert_eq!(sender.join().unwrap().is_ok(), received.is_ok());
            assert!(closed.join().unwrap());
            drop(rx);
            assert_eq!(mint.dropped(), 1);
        });
    }
}

#[test]
fn last_receiver_against_send() {
    for cap in [0, 1] {
        model_up_to(3, move || {
            let mint = Mint::new();
            let (tx, rx) = channel(cap);
            let value = mint.make(1);
            let sender = thread::spawn(move || drop(tx.send(value)));
            drop(rx);
            sender.join().unwrap();
            assert_eq!(mint.dropped(), 1);
        });
    }
}

#[test]
fn both_sides_leave() {
    model_up_to(3, || {
        let (tx, rx) = channel::<u8>(1);
        let sender = thread::spawn(move || drop(tx));
        let receiver = rx.clone();
        let other = thread::spawn(move || drop(receiver));
        drop(rx);
        sender.join().unwrap();
        other.join().unwrap();
    });
}

#[test]
fn close_twice() {
    model_up_to(3, || {
        let channel = Chan::<u8>::new(0);
        let other = channel.sender();
        let closer = thread::spawn(move || other.close());
        let here = channel.sender().close();
        assert!(here ^ closer.join().unwrap(), "closed by exactly one");
    });
}

#[test]
fn looking_never_waits() {
    model_up_to(3, || {
        let (tx, rx) = channel(1);
        let sender = thread::spawn(move || tx.try_send(1).unwrap());
        match rx.try_recv() {
            Ok(1) => {}
            Err(TryRecvError::Empty) => assert_eq!(rx.recv(), Ok(1)),
            other => panic!("{other:?}"),
        }
        sender.join().unwrap();
    });
}

#[test]
fn timeout_against_send() {
    model_up_to(3, || {
        let (tx, rx) = channel(0);
        let clock = thread::spawn(timer::pass);
        let sender = thread::spawn(move || tx.try_send(1).is_ok());
        let received = rx.recv_deadline(Instant::from_nanos(1));
        // The time may have passed before we waited, and then it stands still.
        let sent = sender.join().unwrap();
        clock.join().unwrap();
        match received {
            Ok(1) => assert!(sent),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Closed) => assert!(!sent),
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn timeout_of_a_send_against_receive() {
    model_up_to(3, || {
        let mint = Mint::new();
        let (tx, rx) = channel(0);
        let value = mint.make(1);
        let sender = thread::spawn(move || tx.send_deadline(value, Instant::from_nanos(1)).is_ok());
        let clock = thread::spawn(timer::pass);
        let received = rx.try_recv().is_ok();
        // What was not received by now is given up, by us or by the clock.
        drop(rx);
        assert_eq!(sender.join().unwrap(), received);
        clock.join().unwrap();
        assert_eq!(mint.dropped(), 1);
    });
}

#[test]
fn the_processor_is_lost_while_waiting() {
    model_up_to(3, || {
        let (tx, rx) = channel(0);
        gorge_sched::lose_processor();
        let sender = thread::spawn(move || tx.send(7).unwrap());
        assert_eq!(rx.recv(), Ok(7));
        sender.join().unwrap();
    });
}
