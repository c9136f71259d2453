//! The ring of a timer that was not stopped in time is taken for another's.

use std::time::Duration;

use gorge::{Chan, time};

pub(crate) fn run(mended: bool) {
    let rings = Chan::new(2);
    let (first, second) = (rings.clone(), rings.clone());
    let slow = time::after_func(Duration::from_secs(1), move || first.send(1));
    time::sleep(Duration::from_millis(999)); // the work, which was nearly too slow
    let stopped = slow.stop();
    let _next = time::after_func(Duration::from_secs(10), move || second.send(2));
    let mut rang = rings.recv();
    if mended && !stopped && rang == 1 {
        rang = rings.recv(); // it rang before it was stopped
    }
    assert_eq!(rang, 2, "too early");
}
