//! A signal without a state: whoever is not waiting yet misses it (Go: missed signals, cockroach 10214).

use std::sync::Arc;

use gorge::go;
use gorge::sync::{Condvar, Mutex};

pub(crate) fn run(mended: bool) {
    let pair = Arc::new((Mutex::new(false), Condvar::new()));
    let theirs = pair.clone();
    let waiter = go(move || {
        let (ready, changed) = &*theirs;
        let mut ready = ready.lock();
        if mended {
            while !*ready {
                changed.wait(&mut ready);
            }
        } else {
            changed.wait(&mut ready);
        }
    });
    let (ready, changed) = &*pair;
    *ready.lock() = true;
    changed.signal();
    waiter.join().unwrap();
}
