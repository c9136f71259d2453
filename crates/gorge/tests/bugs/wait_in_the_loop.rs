//! All are counted before the loop, and waited for within it (Go: moby 25384).

use gorge::go;
use gorge::sync::WaitGroup;

pub(crate) fn run(mended: bool) {
    let group = WaitGroup::new();
    group.add(2);
    for _ in 0..2 {
        let theirs = group.clone();
        go(move || theirs.done()).detach();
        if !mended {
            group.wait();
        }
    }
    group.wait();
}
