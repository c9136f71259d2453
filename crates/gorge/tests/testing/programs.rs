//! Programs whose schedules are explored: by the tests, and by the example that measures.

use std::sync::Arc;

use gorge::sync::Mutex;
use gorge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use gorge::{channel, go};

/// A value from one goroutine to another.
pub(crate) fn ping() {
    let (tx, rx) = channel(0);
    let other = go(move || rx.recv());
    tx.send(1).unwrap();
    assert_eq!(other.join().unwrap(), Ok(1));
}

/// Three philosophers with a fork between each two of them; `crossed`: all take the left one first.
pub(crate) fn dine(crossed: bool) {
    let forks: Vec<_> = (0..3).map(|_| Arc::new(Mutex::new(()))).collect();
    let all: Vec<_> = (0..3)
        .map(|n| {
            let (mut a, mut b) = (forks[n].clone(), forks[(n + 1) % 3].clone());
            if !crossed && n == 2 {
                std::mem::swap(&mut a, &mut b);
            }
            go(move || {
                let _a = a.lock();
                let _b = b.lock();
            })
        })
        .collect();
    for one in all {
        one.join().unwrap();
    }
}

/// Four who only count, and two of whom one must not come between two steps of the other.
pub(crate) fn two_of_six() {
    let (a, b) = (Arc::new(AtomicU32::new(0)), Arc::new(Mutex::new(0)));
    let mut all: Vec<_> = (0..4)
        .map(|_| {
            let b = b.clone();
            go(move || {
                for _ in 0..10 {
                    *b.lock() += 1;
                }
            })
        })
        .collect();
    let (writer, reader) = (a.clone(), a);
    all.push(go(move || {
        for n in 0..10 {
            writer.store(n, SeqCst);
        }
        writer.store(100, SeqCst); // not yet
        writer.store(10, SeqCst);
    }));
    all.push(go(move || {
        for _ in 0..10 {
            assert!(reader.load(SeqCst) <= 10, "between two steps");
        }
    }));
    for one in all {
        one.join().unwrap_or_else(|error| error.resume());
    }
}
