//! One is woken where all should be: the others wait for what has happened.

use std::sync::Arc;

use gorge::go;
use gorge::sync::{Condvar, Mutex};

pub(crate) fn run(mended: bool) {
    let pair = Arc::new((Mutex::new(false), Condvar::new()));
    let waiters: Vec<_> = (0..2)
        .map(|_| {
            let pair = pair.clone();
            go(move || {
                let (open, changed) = &*pair;
                let mut open = open.lock();
                changed.wait_while(&mut open, |open| !*open);
            })
        })
        .collect();
    let (open, changed) = &*pair;
    *open.lock() = true;
    if mended { changed.broadcast() } else { changed.signal() }
    for waiter in waiters {
        waiter.join().unwrap();
    }
}
