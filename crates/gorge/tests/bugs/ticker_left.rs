//! A goroutine that only listens to a ticker never ends.

use std::time::Duration;

use gorge::{Chan, go, select, time};

pub(crate) fn run(mended: bool) {
    let stop = Chan::<()>::new(0);
    let stopped = if mended { stop.clone() } else { Chan::nil() };
    go(move || {
        let ticker = time::Ticker::new(Duration::from_secs(1));
        loop {
            select! {
                recv(ticker.chan()) => {}
                recv(&stopped) => return,
            }
        }
    })
    .detach();
    time::sleep(Duration::from_secs(3));
    stop.close();
}
