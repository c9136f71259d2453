//! `add` in the goroutine that is to be waited for (Go: vet's `waitgroup`; moby 25384's kin).

use gorge::go;
use gorge::sync::WaitGroup;
use gorge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::Arc;

pub(crate) fn run(mended: bool) {
    let group = WaitGroup::new();
    let count = Arc::new(AtomicU32::new(0));
    for _ in 0..2 {
        if mended {
            group.add(1);
        }
        let (group, count) = (group.clone(), count.clone());
        go(move || {
            if !mended {
                group.add(1);
            }
            count.fetch_add(1, SeqCst);
            group.done();
        })
        .detach();
    }
    group.wait();
    assert_eq!(count.load(SeqCst), 2);
}
