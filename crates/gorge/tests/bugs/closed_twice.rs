//! Two goroutines each find a channel open, and close it (Go: moby 36114, etcd 10492).

use gorge::sync::atomic::{AtomicBool, Ordering};
use gorge::{Chan, go};
use std::sync::Arc;

pub(crate) fn run(mended: bool) {
    let quit = Chan::<()>::new(0);
    let closed = Arc::new(AtomicBool::new(false));
    let stop = move || {
        if mended {
            if !closed.swap(true, Ordering::SeqCst) {
                quit.close();
            }
        } else if !quit.is_closed() {
            quit.close();
        }
    };
    let (one, two) = (go(stop.clone()), go(stop));
    one.join().unwrap_or_else(|error| error.resume());
    two.join().unwrap_or_else(|error| error.resume());
}
