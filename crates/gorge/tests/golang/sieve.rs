//! After <https://github.com/golang/go/blob/master/test/chan/sieve1.go>
//!
//! The prime sieve: a daisy chain of filters.

use gorge::{Receiver, Sender, channel, go};

fn generate(to: Sender<u32>) {
    let _ = (2..).try_for_each(|n| to.send(n));
}

fn filter(from: Receiver<u32>, to: Sender<u32>, prime: u32) {
    for n in from {
        if n % prime != 0 && to.send(n).is_err() {
            return;
        }
    }
}

fn sieve() -> Receiver<u32> {
    let (primes, out) = channel(0);
    drop(go(move || {
        let (tx, mut rx) = channel(0);
        drop(go(move || generate(tx)));
        while let Ok(prime) = rx.recv() {
            if primes.send(prime).is_err() {
                return;
            }
            let (tx, next) = channel(0);
            let from = std::mem::replace(&mut rx, next);
            drop(go(move || filter(from, tx, prime)));
        }
    }));
    out
}

#[gorge::test]
fn the_first_primes() {
    let primes: Vec<_> = sieve().iter().take(25).collect();
    let expected = [
        2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89,
        97,
    ];
    assert_eq!(primes, expected);
}
