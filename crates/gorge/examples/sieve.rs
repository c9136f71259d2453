//! The prime sieve: a chain of goroutines, each of which filters the multiples of one prime.
//!
//! `cargo run --release -p gorge --example sieve [HOW_MANY]`

use gorge::{Receiver, channel, go};

/// 2, 3, 4, ...
fn numbers() -> Receiver<u32> {
    let (tx, rx) = channel(0);
    go(move || {
        for n in 2.. {
            // The receiver is gone: nobody wants to know any more.
            if tx.send(n).is_err() {
                return;
            }
        }
    });
    rx
}

/// What comes in and is not a multiple of `prime`.
fn without_multiples_of(prime: u32, numbers: Receiver<u32>) -> Receiver<u32> {
    let (tx, rx) = channel(0);
    go(move || {
        for n in &numbers {
            if n % prime != 0 && tx.send(n).is_err() {
                return;
            }
        }
    });
    rx
}

fn primes(how_many: usize) -> Vec<u32> {
    let mut numbers = numbers();
    let mut primes = Vec::new();
    for _ in 0..how_many {
        let prime = numbers.recv().expect("there is always another number");
        primes.push(prime);
        numbers = without_multiples_of(prime, numbers);
    }
    primes
}

#[gorge::main]
fn main() {
    let how_many = match std::env::args().nth(1).map(|text| text.parse()) {
        None => 100,
        Some(Ok(n)) => n,
        Some(Err(error)) => {
            eprintln!("sieve: how many primes? {error}");
            std::process::exit(2);
        }
    };
    let primes = primes(how_many);
    println!("{primes:?}");
    assert!(how_many < 100 || primes[99] == 541, "the hundredth prime is 541");
}
