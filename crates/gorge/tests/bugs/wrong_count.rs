//! A barrier for one more than come.

use std::sync::Arc;

use gorge::go;
use gorge::sync::Barrier;

pub(crate) fn run(mended: bool) {
    let barrier = Arc::new(Barrier::new(if mended { 2 } else { 3 }));
    for _ in 0..2 {
        let barrier = barrier.clone();
        go(move || {
            barrier.wait();
        })
        .detach();
    }
}
