//! The receiver closes the channel when it has enough (Go: cockroach 24808, grpc 1687).

use gorge::{Chan, go};

pub(crate) fn run(mended: bool) {
    let numbers = Chan::new(1);
    let quit = Chan::<()>::new(0);
    let (tx, stop) = (numbers.clone(), quit.clone());
    let sender = go(move || {
        for n in 0..3 {
            if mended {
                gorge::select! {
                    send(&tx, n) => {}
                    recv(&stop) => return,
                }
            } else {
                tx.send(n);
            }
        }
    });
    assert_eq!(numbers.recv(), 0);
    if mended { quit.close() } else { numbers.close() }
    sender.join().unwrap_or_else(|error| error.resume());
}
