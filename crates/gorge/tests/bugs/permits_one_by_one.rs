//! Two who need two permits each take them one by one.

use std::sync::Arc;

use gorge::go;
use gorge::sync::Semaphore;

pub(crate) fn run(mended: bool) {
    let slots = Arc::new(Semaphore::new(2));
    let workers: Vec<_> = (0..2)
        .map(|_| {
            let slots = slots.clone();
            go(move || {
                if mended {
                    drop(slots.acquire(2));
                } else {
                    let first = slots.acquire(1);
                    let second = slots.acquire(1);
                    drop((first, second));
                }
            })
        })
        .collect();
    for worker in workers {
        worker.join().unwrap();
    }
}
