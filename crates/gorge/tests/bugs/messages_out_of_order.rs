//! One goroutine per message: they need not arrive in the order of their starts.

use gorge::{channel, go};

pub(crate) fn run(mended: bool) {
    let (tx, rx) = channel(3);
    if mended {
        go(move || (0..3).for_each(|n| tx.send(n).unwrap())).detach();
    } else {
        for n in 0..3 {
            let tx = tx.clone();
            go(move || tx.send(n).unwrap()).detach();
        }
        drop(tx);
    }
    let all: Vec<i32> = rx.iter().collect();
    assert_eq!(all, [0, 1, 2]);
}
