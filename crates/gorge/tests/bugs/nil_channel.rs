//! A channel that is made only in one branch.

use gorge::{Chan, go};

pub(crate) fn run(mended: bool) {
    let verbose = false;
    let log = if verbose || mended { Chan::new(1) } else { Chan::nil() };
    let theirs = log.clone();
    let logger = go(move || theirs.recv());
    log.send("started");
    assert_eq!(logger.join().unwrap(), "started");
}
