//! Channels that one worker has had for itself, when others come: goroutines on other
//! processors, and plain threads.
//!
//! Nothing is lost, doubled or out of order at the moment at which the channel stops being one
//! worker's own. `GORGE_STRESS=1` makes it a minute.

mod waiting;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::Instant;

use gorge::{Receiver, Sender, TryRecvError, channel, go, runtime, select};
use gorge_base::Rng;
use waiting::{LONG, stress};

/// More than it takes to make a channel somebody's own.
const ALONE: u64 = 6_000;
const TOGETHER: u64 = 500;
const STRANGERS: u64 = 3;

/// Sends `ALONE` and more until it is told that strangers have come, then `TOGETHER`; returns how
/// many.
fn send(to: &Sender<u64>, come: &Receiver<()>) -> u64 {
    let mut sent = 0;
    let mut left = ALONE;
    let mut alone = true;
    while left != 0 {
        to.send(sent).unwrap();
        sent += 1;
        left -= 1;
        if left == 0 && alone {
            come.recv().unwrap_err();
            (left, alone) = (TOGETHER, false);
        }
    }
    sent
}

/// Receives in one of several ways until the channel is closed; each sender's values come in order.
fn receive(from: &Receiver<u64>, seed: u64, sum: &AtomicU64) {
    let mut rng = Rng::new(seed);
    let mut last = [None; STRANGERS as usize + 1];
    loop {
        let value = match rng.below(3) {
            0 => from.recv().map_err(|_| TryRecvError::Closed),
            1 => from.try_recv(),
            _ => select! {
                recv(from) -> value => value.map_err(|_| TryRecvError::Closed),
                default => Err(TryRecvError::Empty),
            },
        };
        match value {
            Ok(value) => {
                let (who, count) = ((value >> 32) as usize, Some(value as u32));
                assert!(last[who] < count, "{who} sent {count:?} after {:?}", last[who]);
                last[who] = count;
                sum.fetch_add(1, Relaxed);
            }
            Err(TryRecvError::Closed) => return,
            Err(TryRecvError::Empty) => runtime::gosched(),
        }
    }
}

fn strangers_come(seed: u64) {
    let mut rng = Rng::new(seed);
    let capacity = [0, 1, 7, 128][rng.below(4) as usize];
    let (to, from) = channel(capacity);
    let (here, come) = channel(0);
    let sum = Arc::new(AtomicU64::new(0));

    let theirs = to.clone();
    let sender = go(move || send(&theirs, &come));
    let (theirs, total) = (from.clone(), sum.clone());
    let receiver = go(move || receive(&theirs, seed, &total));

    // As soon as the two have had it for themselves for a while.
    while sum.load(Relaxed) < ALONE - 200 {
        runtime::gosched();
    }
    let strangers: Vec<_> = (1..=STRANGERS)
        .map(|who| {
            let (to, from, sum) = (to.clone(), from.clone(), sum.clone());
            let body = move || {
                for count in 0..TOGETHER {
                    to.send(who << 32 | count).unwrap();
                }
                drop(to);
                receive(&from, seed + who, &sum);
            };
            if who == 1 { Ok(thread::spawn(body)) } else { Err(go(body)) }
        })
        .collect();
    drop(here);
    drop((to, from));
    let sent = sender.join().unwrap() + STRANGERS * TOGETHER;
    receiver.join().unwrap();
    for stranger in strangers {
        match stranger {
            Ok(thread) => thread.join().unwrap(),
            Err(goroutine) => goroutine.join().unwrap(),
        }
    }
    assert_eq!(sum.load(Relaxed), sent);
}

#[test]
fn when_strangers_come() {
    // In a round in which the two run on different workers the channel is nobody's own.
    let never = || gorge_sched::biases_ended() == Some(0);
    let begin = Instant::now();
    let mut seed = 0;
    while begin.elapsed() < stress() || never() {
        assert!(begin.elapsed() < stress() + LONG, "no channel was ever one worker's own");
        seed += 100;
        gorge::run(|| strangers_come(seed));
    }
}
