//! One way out of the loop does not unlock (Go: cockroach 584, 2448).

use std::sync::Arc;

use gorge::go;
use gorge::sync::Mutex;

pub(crate) fn run(mended: bool) {
    let queue = Arc::new(Mutex::new(vec![1, 2]));
    let all: Vec<_> = (0..3)
        .map(|_| {
            let queue = queue.clone();
            go(move || {
                let mut held = queue.lock();
                if held.pop().is_none() && !mended {
                    std::mem::forget(held); // in Go: `return` without `Unlock`
                }
            })
        })
        .collect();
    for one in all {
        one.join().unwrap();
    }
    assert!(queue.lock().is_empty());
}
