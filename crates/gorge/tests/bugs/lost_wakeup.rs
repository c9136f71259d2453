//! The state changes without the lock, between a waiter's look and its wait.

use std::sync::Arc;

use gorge::go;
use gorge::sync::atomic::{AtomicBool, Ordering::SeqCst};
use gorge::sync::{Condvar, Mutex};

pub(crate) fn run(mended: bool) {
    let all = Arc::new((AtomicBool::new(false), Mutex::new(()), Condvar::new()));
    let theirs = all.clone();
    let waiter = go(move || {
        let (ready, lock, changed) = &*theirs;
        let mut held = lock.lock();
        while !ready.load(SeqCst) {
            changed.wait(&mut held);
        }
    });
    let (ready, lock, changed) = &*all;
    if mended {
        let _held = lock.lock();
        ready.store(true, SeqCst);
    } else {
        ready.store(true, SeqCst);
    }
    changed.signal();
    waiter.join().unwrap();
}
