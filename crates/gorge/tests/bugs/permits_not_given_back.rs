//! A permit is kept when the work fails.

use std::sync::Arc;

use gorge::go;
use gorge::sync::Semaphore;

pub(crate) fn run(mended: bool) {
    let slots = Arc::new(Semaphore::new(1));
    let workers: Vec<_> = (0..2)
        .map(|n| {
            let slots = slots.clone();
            go(move || {
                let permit = slots.acquire(1);
                let failed = n == 0;
                if failed && !mended {
                    permit.forget(); // returns early, without the release
                }
            })
        })
        .collect();
    for worker in workers {
        worker.join().unwrap();
    }
}
