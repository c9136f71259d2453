//! After <https://github.com/golang/go/blob/master/test/chan/doubleselect.go>
//!
//! No two arms of one select both happen: no number arrives twice.

use std::collections::HashSet;

use gorge::{Receiver, Sender, channel, go, select};

const N: u32 = 20_000;

fn send(to: [Sender<u32>; 4]) {
    let [c1, c2, c3, c4] = to;
    for n in 0..N {
        select! {
            send(c1, n) => {}
            send(c2, n) => {}
            send(c3, n) => {}
            send(c4, n) => {}
        }
    }
}

fn forward(from: Receiver<u32>, to: Sender<u32>) {
    for n in from {
        to.send(n).unwrap();
    }
}

#[gorge::test]
fn no_number_twice() {
    let (to, all) = channel(0);
    let ends: [_; 4] = std::array::from_fn(|_| channel(0));
    for (_, from) in &ends {
        let (from, to) = (from.clone(), to.clone());
        drop(go(move || forward(from, to)));
    }
    drop(to);
    drop(go(move || send(ends.map(|(to, _)| to))));
    let mut seen = HashSet::new();
    for n in all {
        assert!(seen.insert(n), "{n} came twice");
    }
    assert_eq!(seen.len() as u32, N);
}
