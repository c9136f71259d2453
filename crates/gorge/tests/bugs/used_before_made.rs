//! A goroutine uses what its starter makes after starting it (Go: order violations; grpc 2371).

use std::sync::Arc;

use gorge::go;
use gorge::sync::Mutex;

pub(crate) fn run(mended: bool) {
    let connection = Arc::new(Mutex::new(None));
    let theirs = connection.clone();
    let read = move || theirs.lock().expect("not there yet");
    if mended {
        *connection.lock() = Some(1);
    }
    let reader = go(read);
    if !mended {
        *connection.lock() = Some(1);
    }
    assert_eq!(reader.join().unwrap_or_else(|error| error.resume()), 1);
}
