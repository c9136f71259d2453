//! The stop wins the select although messages are there, and they are lost.

use gorge::{Chan, go, select};

pub(crate) fn run(mended: bool) {
    let (messages, stop) = (Chan::new(2), Chan::<()>::new(0));
    let (rx, stopped) = (messages.clone(), stop.clone());
    let receiver = go(move || {
        let mut got = 0;
        loop {
            select! {
                recv(&rx) => got += 1,
                recv(&stopped) => {
                    while mended && rx.try_recv().is_ok() {
                        got += 1;
                    }
                    return got;
                }
            }
        }
    });
    messages.send(1);
    messages.send(2);
    stop.close();
    assert_eq!(receiver.join().unwrap(), 2, "lost messages");
}
