//! The asker gives up after a timeout, and the answer finds nobody (Go: kubernetes 5316).

use std::time::Duration;

use gorge::{Chan, go, select, time};

pub(crate) fn run(mended: bool) {
    let answer = Chan::new(usize::from(mended));
    let theirs = answer.clone();
    go(move || {
        time::sleep(Duration::from_secs(1)); // asks somebody far away
        theirs.send(42);
    })
    .detach();
    select! {
        recv(answer) -> n => assert_eq!(n, Ok(42)),
        timeout(Duration::from_secs(2)) => {}
    }
    time::sleep(Duration::from_secs(10));
}
