//! Contexts begin, switch, migrate and end.

mod mini;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn many_contexts_run_to_their_end() {
    let _alone = mini::alone();
    let sum = Arc::new(AtomicUsize::new(0));
    for i in 0..500 {
        let sum = sum.clone();
        mini::go(move || {
            for _ in 0..10 {
                mini::yield_now();
                sum.fetch_add(i, Ordering::Relaxed);
            }
        });
    }
    mini::run(3);
    assert_eq!(sum.load(Ordering::Relaxed), 10 * (499 * 500 / 2));
}
