//! Waiting for goroutines with a lock held that they need (Go: grpc 3017, moby 25384).

use std::sync::Arc;

use gorge::sync::{Mutex, WaitGroup};

pub(crate) fn run(mended: bool) {
    let done = Arc::new(Mutex::new(0));
    let group = WaitGroup::new();
    let held = done.lock();
    for _ in 0..2 {
        let done = done.clone();
        group.go(move || *done.lock() += 1);
    }
    if mended {
        drop(held);
        group.wait();
    } else {
        group.wait();
        drop(held);
    }
    assert_eq!(*done.lock(), 2);
}
