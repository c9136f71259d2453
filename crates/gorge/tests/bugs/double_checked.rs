//! Double-checked locking that says "made" before it is.

use std::sync::Arc;

use gorge::go;
use gorge::sync::Mutex;
use gorge::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};

#[derive(Default)]
struct Lazy {
    made: AtomicBool,
    lock: Mutex<()>,
    value: AtomicU32,
}

impl Lazy {
    fn get(&self, mended: bool) -> u32 {
        if !self.made.load(SeqCst) {
            let _held = self.lock.lock();
            if !self.made.load(SeqCst) {
                if mended {
                    self.value.store(7, SeqCst);
                    self.made.store(true, SeqCst);
                } else {
                    self.made.store(true, SeqCst);
                    self.value.store(7, SeqCst);
                }
            }
        }
        self.value.load(SeqCst)
    }
}

pub(crate) fn run(mended: bool) {
    let lazy = Arc::new(Lazy::default());
    let theirs = lazy.clone();
    let other = go(move || theirs.get(mended));
    assert_eq!(lazy.get(mended), 7, "half-made");
    assert_eq!(other.join().unwrap(), 7, "half-made");
}
