//! A goroutine looks for `stop` only between its sends (Go: etcd 7443, moby 33781).

use gorge::{Chan, go, select};

pub(crate) fn run(mended: bool) {
    let (events, stop) = (Chan::new(0), Chan::<()>::new(0));
    let (tx, stopped) = (events.clone(), stop.clone());
    go(move || {
        for n in 0.. {
            if mended {
                select! {
                    recv(&stopped) => return,
                    send(&tx, n) => {}
                }
            } else {
                select! {
                    recv(&stopped) => return,
                    default => tx.send(n),
                }
            }
        }
    })
    .detach();
    assert_eq!(events.recv(), 0);
    stop.close();
}
