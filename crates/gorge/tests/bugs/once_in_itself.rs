//! What is done once waits for another goroutine that wants it done (Go: the init cycle).

use std::sync::Arc;

use gorge::go;
use gorge::sync::Once;

pub(crate) fn run(mended: bool) {
    let once = Arc::new(Once::new());
    let theirs = once.clone();
    let helper = move || theirs.call_once(|| ());
    if mended {
        once.call_once(|| ());
        go(helper).join().unwrap();
    } else {
        once.call_once(|| go(helper).join().unwrap());
    }
}
