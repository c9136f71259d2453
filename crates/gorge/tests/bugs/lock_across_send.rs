//! Sending with a lock held that the receiver needs (Go: istio 16224, etcd 6857).

use std::sync::Arc;

use gorge::sync::Mutex;
use gorge::{channel, go};

pub(crate) fn run(mended: bool) {
    let state = Arc::new(Mutex::new(0));
    let (tx, rx) = channel(0);
    let theirs = state.clone();
    let receiver = go(move || {
        while let Ok(n) = rx.recv() {
            *theirs.lock() += n;
        }
    });
    for n in 1..=2 {
        let held = state.lock();
        if mended {
            drop(held);
            tx.send(n).unwrap();
        } else {
            tx.send(n).unwrap();
            drop(held);
        }
    }
    drop(tx);
    receiver.join().unwrap();
    assert_eq!(*state.lock(), 3);
}
