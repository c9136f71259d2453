//! Several are asked, the first answer wins, and the others wait for ever (Go: the search of three replicas).

use gorge::{Chan, go};

pub(crate) fn run(mended: bool) {
    let answers = Chan::new(if mended { 2 } else { 0 });
    for n in 0..3 {
        let answers = answers.clone();
        go(move || answers.send(n)).detach();
    }
    assert!(answers.recv() < 3);
}
