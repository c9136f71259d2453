//! Two goroutines each send first and receive then (Go: the two halves of a handshake).

use gorge::{channel, go};

pub(crate) fn run(mended: bool) {
    let room = usize::from(mended);
    let (to_left, left) = channel(room);
    let (to_right, right) = channel(room);
    let other = go(move || {
        to_left.send("from the right").unwrap();
        right.recv().unwrap()
    });
    to_right.send("from the left").unwrap();
    assert_eq!(left.recv(), Ok("from the right"));
    assert_eq!(other.join().unwrap(), "from the left");
}
