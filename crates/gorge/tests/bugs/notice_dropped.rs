//! A notice that is dropped when nobody listens at that moment (Go: `select { case c <- x: default: }` on an unbuffered channel).

use gorge::{Chan, go};

pub(crate) fn run(mended: bool) {
    let notices = Chan::new(usize::from(mended));
    let theirs = notices.clone();
    let listener = go(move || theirs.recv());
    let _ = notices.try_send("it happened");
    assert_eq!(listener.join().unwrap(), "it happened");
}
