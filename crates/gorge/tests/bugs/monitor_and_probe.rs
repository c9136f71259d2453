//! The monitor takes a lock when nobody says stop; who says so holds it (Go: moby 28462).

use std::sync::Arc;

use gorge::sync::Mutex;
use gorge::{Chan, go, runtime, select};

pub(crate) fn run(mended: bool) {
    let health = Arc::new(Mutex::new(0));
    let stop = Chan::<()>::new(0);
    let (theirs, stopped) = (health.clone(), stop.clone());
    let monitor = go(move || {
        loop {
            select! {
                recv(&stopped) => return,
                default => *theirs.lock() += 1,
            }
            runtime::gosched();
        }
    });
    let mut held = health.lock();
    *held += 1;
    if mended {
        drop(held);
        stop.send(());
    } else {
        stop.send(()); // with the lock held
        drop(held);
    }
    monitor.join().unwrap();
}
