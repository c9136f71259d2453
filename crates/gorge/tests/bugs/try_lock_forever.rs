//! Two who try again and again for what the other one holds: a livelock.

use std::sync::Arc;

use gorge::sync::Mutex;
use gorge::{go, runtime};

fn both(first: &Mutex<()>, second: &Mutex<()>) {
    let _first = first.lock();
    while second.try_lock().is_none() {
        runtime::gosched(); // with the first one held
    }
}

pub(crate) fn run(mended: bool) {
    let a = Arc::new(Mutex::new(()));
    let b = Arc::new(Mutex::new(()));
    let (a2, b2) = (a.clone(), b.clone());
    let other = go(move || if mended { both(&a2, &b2) } else { both(&b2, &a2) });
    both(&a, &b);
    other.join().unwrap();
}
