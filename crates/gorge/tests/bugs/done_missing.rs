//! `done` is not reached on one path (Go: cockroach 1055, moby 4395).

use gorge::go;
use gorge::sync::WaitGroup;
use gorge::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::Arc;

pub(crate) fn run(mended: bool) {
    let group = WaitGroup::new();
    let broken = Arc::new(AtomicBool::new(false));
    group.add(1);
    let (theirs, seen) = (group.clone(), broken.clone());
    go(move || {
        if seen.load(SeqCst) {
            if mended {
                theirs.done();
            }
            return;
        }
        theirs.done();
    })
    .detach();
    broken.store(true, SeqCst);
    group.wait();
}
