//! An atomic counter that is read and written instead of increased.

use std::sync::Arc;

use gorge::go;
use gorge::sync::atomic::{AtomicU32, Ordering::SeqCst};

pub(crate) fn run(mended: bool) {
    let counter = Arc::new(AtomicU32::new(0));
    let all: Vec<_> = (0..2)
        .map(|_| {
            let counter = counter.clone();
            go(move || {
                if mended {
                    counter.fetch_add(1, SeqCst);
                } else {
                    counter.store(counter.load(SeqCst) + 1, SeqCst);
                }
            })
        })
        .collect();
    for one in all {
        one.join().unwrap();
    }
    assert_eq!(counter.load(SeqCst), 2);
}
