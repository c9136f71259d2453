//! After <https://github.com/golang/go/blob/master/test/chan/select7.go>
//!
//! Every way to receive meets every way to send, on a channel without a buffer.

use gorge::{Chan, go, runtime, select};

type Way = fn(&Chan<i32>, i32);

const RECEIVE: [Way; 3] = [
    |c, expected| assert_eq!(c.recv(), expected),
    |c, expected| select! { recv(c) -> n => assert_eq!(n, Ok(expected)) },
    |c, expected| {
        let never = Chan::<i32>::nil();
        select! {
            recv(never) => unreachable!(),
            send(never, 1) => unreachable!(),
            recv(c) -> n => assert_eq!(n, Ok(expected)),
        }
    },
];

const SEND: [Way; 4] = [
    |c, n| c.send(n),
    |c, n| select! { send(c, n) => {} },
    |c, n| {
        let never = Chan::<i32>::nil();
        select! {
            recv(never) => unreachable!(),
            send(c, n) => {}
            send(never, 1) => unreachable!(),
        }
    },
    |c, n| {
        // Polling, until somebody is there.
        loop {
            select! { send(c, n) => return, default => runtime::gosched() }
        }
    },
];

#[gorge::test]
fn every_way_meets_every_other() {
    for (r, receive) in RECEIVE.into_iter().enumerate() {
        for (s, send) in SEND.into_iter().enumerate() {
            for sender_first in [false, true] {
                let n = (r * 10 + s) as i32;
                let c = Chan::new(0);
                let other = c.clone();
                let peer = match sender_first {
                    true => go(move || send(&other, n)),
                    false => go(move || receive(&other, n)),
                };
                runtime::gosched();
                match sender_first {
                    true => receive(&c, n),
                    false => send(&c, n),
                }
                peer.join().unwrap();
            }
        }
    }
}
