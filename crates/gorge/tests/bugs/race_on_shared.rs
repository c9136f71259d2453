//! A variable that two write, with nothing that orders them; only sometimes one after the other.

use std::sync::Arc;

use gorge::go;
use gorge::race::Shared;
use gorge::sync::Mutex;

pub(crate) fn run(mended: bool) {
    let best = Arc::new((Mutex::new(0), Shared::new(0)));
    let theirs = best.clone();
    let other = go(move || {
        let (lock, value) = &*theirs;
        let mut rounds = lock.lock();
        *rounds += 1;
        if mended || *rounds == 2 {
            value.set(1);
        }
    });
    let (lock, value) = &*best;
    let mut rounds = lock.lock();
    *rounds += 1;
    if *rounds == 1 {
        if mended {
            value.set(2);
            drop(rounds);
        } else {
            drop(rounds);
            value.set(2);
        }
    } else {
        drop(rounds);
    }
    other.join().unwrap();
}
