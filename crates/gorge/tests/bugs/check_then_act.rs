//! Looking and taking are each under the lock, but not together.

use std::sync::Arc;

use gorge::go;
use gorge::sync::Mutex;

pub(crate) fn run(mended: bool) {
    let seats = Arc::new(Mutex::new(1));
    let book = move || {
        if mended {
            let mut left = seats.lock();
            if *left > 0 {
                *left -= 1;
            }
            return;
        }
        let left = *seats.lock();
        if left > 0 {
            let mut left = seats.lock();
            assert!(*left > 0, "seat sold twice");
            *left -= 1;
        }
    };
    let (one, two) = (go(book.clone()), go(book));
    one.join().unwrap_or_else(|error| error.resume());
    two.join().unwrap_or_else(|error| error.resume());
}
