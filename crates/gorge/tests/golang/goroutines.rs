//! After <https://github.com/golang/go/blob/master/test/chan/goroutines.go>
//!
//! Ten thousand goroutines in a chain, alive at once.

use gorge::{channel, go, runtime};

#[gorge::test]
fn a_long_chain() {
    // In thread mode each link is an OS thread.
    let links = if runtime::mode() == runtime::Mode::Fiber { 10_000 } else { 500 };
    let (leftmost, mut right) = channel(0);
    for _ in 0..links {
        let (to, next) = channel(0);
        let from = std::mem::replace(&mut right, next);
        drop(go(move || to.send(from.recv().unwrap()).unwrap()));
    }
    leftmost.send(1).unwrap();
    assert_eq!(right.recv(), Ok(1));
}
