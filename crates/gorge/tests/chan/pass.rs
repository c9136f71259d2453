//! Values get through: every capacity, every kind of value, goroutines and threads mixed.

use std::thread;

use gorge::{Receiver, TryRecvError, TrySendError, channel, go};

const CAPACITIES: [usize; 5] = [0, 1, 2, 7, 128];

#[gorge::test]
fn in_order_through_every_capacity() {
    for cap in CAPACITIES {
        let (tx, rx) = channel(cap);
        let sender = go(move || {
            for n in 0..1000 {
                tx.send(n).unwrap();
            }
        });
        assert!(rx.iter().eq(0..1000), "capacity {cap}");
        sender.join().unwrap();
    }
}

#[test]
fn between_plain_threads() {
    for cap in CAPACITIES {
        let (tx, rx) = channel(cap);
        let sender = thread::spawn(move || {
            for n in 0..1000 {
                tx.send(n).unwrap();
            }
        });
        assert!(rx.iter().eq(0..1000), "capacity {cap}");
        sender.join().unwrap();
    }
}

/// Takes numbers from `rx`, sums them.
fn sum(rx: Receiver<u64>) -> (u64, u64) {
    rx.iter().fold((0, 0), |(count, sum), n| (count + 1, sum + n))
}

#[test]
fn goroutines_and_threads_on_one_channel() {
    const EACH: u64 = 2000;
    for cap in CAPACITIES {
        let (tx, rx) = channel(cap);
        let numbers = |part: u64| part * EACH..(part + 1) * EACH;
        let goroutines: Vec<_> = (0..4)
            .map(|part| {
                let tx = tx.clone();
                go(move || numbers(part).for_each(|n| tx.send(n).unwrap()))
            })
            .collect();
        let threads: Vec<_> = (4..6)
            .map(|part| {
                let tx = tx.clone();
                thread::spawn(move || numbers(part).for_each(|n| tx.send(n).unwrap()))
            })
            .collect();
        drop(tx);
        let (a, b) = (rx.clone(), rx.clone());
        let takers = [go(move || sum(a)), go(move || sum(b))];
        let taker = thread::spawn(move || sum(rx));
        let mut all = taker.join().unwrap();
        for taker in takers {
            let (count, sum) = taker.join().unwrap();
            all = (all.0 + count, all.1 + sum);
        }
        assert_eq!(all, (6 * EACH, 6 * EACH * (6 * EACH - 1) / 2), "capacity {cap}");
        goroutines.into_iter().for_each(|sender| sender.join().unwrap());
        threads.into_iter().for_each(|sender| sender.join().unwrap());
    }
}

#[gorge::test]
fn the_capacity_is_exact() {
    for cap in [1, 2, 3, 5, 7, 100] {
        let (tx, rx) = channel(cap);
        assert_eq!((tx.capacity(), rx.capacity()), (cap, cap));
        for n in 0..cap {
            assert_eq!(tx.len(), n);
            tx.try_send(n).unwrap();
        }
        assert_eq!(tx.try_send(cap), Err(TrySendError::Full(cap)));
        assert_eq!((tx.len(), rx.len()), (cap, cap));
        // Around the end of the buffer, more than once.
        for n in 0..5 * cap {
            assert_eq!(rx.try_recv(), Ok(n));
            tx.try_send(n + cap).unwrap();
            assert!(tx.try_send(0).unwrap_err().is_full());
        }
        assert!(rx.try_iter().eq(5 * cap..6 * cap));
        assert!(rx.is_empty());
        assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    }
}

#[gorge::test]
fn values_without_a_size() {
    let (tx, rx) = channel(3);
    assert!((0..3).all(|_| tx.try_send(()).is_ok()));
    assert!(tx.try_send(()).unwrap_err().is_full());
    assert_eq!(rx.len(), 3);
    let (done_tx, done) = channel(0);
    let sender = go(move || {
        for _ in 0..100 {
            tx.send(()).unwrap();
        }
        done_tx.send(()).unwrap();
    });
    assert_eq!((0..103).filter(|_| rx.recv().is_ok()).count(), 103);
    done.recv().unwrap();
    sender.join().unwrap();
    assert!(rx.recv().is_err());
}

#[gorge::test]
fn large_values() {
    #[derive(Clone, PartialEq, Debug)]
    struct Large([u64; 512]);
    for cap in [0, 1, 3] {
        let (tx, rx) = channel(cap);
        let sender = go(move || {
            for n in 0..50 {
                tx.send(Large([n; 512])).unwrap();
            }
        });
        for n in 0..50 {
            assert_eq!(rx.recv().unwrap(), Large([n; 512]));
        }
        sender.join().unwrap();
    }
}

#[gorge::test]
fn values_that_ask_for_alignment() {
    #[repr(align(128))]
    struct Aligned(u8);
    for cap in [0, 2] {
        let (tx, rx) = channel(cap);
        let sender = go(move || (0..10).for_each(|n| tx.send(Aligned(n)).unwrap()));
        for n in 0..10 {
            let value = rx.recv().unwrap();
            assert_eq!(value.0, n);
            assert_eq!((&raw const value).addr() % 128, 0);
        }
        sender.join().unwrap();
    }
}

#[gorge::test]
fn channels_over_channels() {
    let (requests, server) = channel::<(u32, gorge::Sender<u32>)>(0);
    let serving = go(move || {
        for (n, answer) in server {
            answer.send(n * n).unwrap();
        }
    });
    for n in 0..20 {
        let (tx, rx) = channel(0);
        requests.send((n, tx)).unwrap();
        assert_eq!(rx.recv(), Ok(n * n));
    }
    drop(requests);
    serving.join().unwrap();
}

#[gorge::test]
fn a_borrowed_value_in_a_scope() {
    let words = ["one".to_owned(), "two".to_owned()];
    let (tx, rx) = channel::<&str>(0);
    gorge::scope(|s| {
        s.go(|| {
            for word in &words {
                tx.send(word).unwrap();
            }
        });
        assert_eq!((rx.recv(), rx.recv()), (Ok("one"), Ok("two")));
    });
}

#[test]
fn a_capacity_that_no_memory_has() {
    for cap in [usize::MAX, usize::MAX / 2, 1 << 31] {
        let panic = std::panic::catch_unwind(|| channel::<[u64; 4]>(cap)).unwrap_err();
        assert_eq!(message(&*panic), "makechan: size out of range", "{cap}");
    }
    let panic = std::panic::catch_unwind(|| channel::<()>(usize::MAX)).unwrap_err();
    assert_eq!(message(&*panic), "makechan: size out of range");
}

pub(crate) fn message(panic: &(dyn std::any::Any + Send)) -> &str {
    match panic.downcast_ref::<String>() {
        Some(text) => text,
        None => panic.downcast_ref::<&str>().expect("a panic with a text"),
    }
}
