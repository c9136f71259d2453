//! What the race detector costs on programs that do nothing but communicate: run it with and without.
//!
//! ```sh
//! cargo build --release -p gorge --example detector_cost
//! target/release/examples/detector_cost; GORGE_RACE=1 target/release/examples/detector_cost
//! ```

use std::time::{Duration, Instant};

use gorge::race::Shared;
use gorge::{Receiver, channel, go};

/// The prime sieve: a chain of filters, the last of which gives the `n`th prime.
fn sieve(n: usize) -> u32 {
    let (first, mut numbers) = channel(0);
    go(move || (2u32..).all(|n| first.send(n).is_ok()));
    for _ in 1..n {
        let prime = numbers.recv().expect("there is always another one");
        let (passed, rest) = channel(0);
        go(move || numbers.iter().filter(|n| n % prime != 0).all(|n| passed.send(n).is_ok()));
        numbers = rest;
    }
    numbers.recv().expect("there is always another one")
}

/// Numbers through a chain of goroutines, each of which adds one.
fn pipeline(stages: usize, numbers: u64) -> u64 {
    let (first, mut last): (_, Receiver<u64>) = channel(16);
    go(move || (0..numbers).for_each(|n| first.send(n).expect("the next one receives")));
    for _ in 0..stages {
        let (to, from) = channel(16);
        let before = std::mem::replace(&mut last, from);
        go(move || before.iter().for_each(|n| to.send(n + 1).expect("the next one receives")));
    }
    last.iter().sum()
}

/// The shortest of five times.
fn least(mut work: impl FnMut()) -> Duration {
    let mut timed = || {
        let began = Instant::now();
        work();
        began.elapsed()
    };
    (0..5).map(|_| timed()).min().unwrap_or_default()
}

/// The most memory this process has had, in kilobytes.
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

#[gorge::main]
fn main() {
    let before = most_memory();
    measure("");
    // Until a shared variable is used there is nothing to find, and little to note.
    static USED: Shared<bool> = Shared::new(false);
    USED.set(true);
    measure(", races possible");
    println!("memory at most, and at first          {} KB, {before} KB", most_memory());
}

fn measure(when: &str) {
    let time = least(|| assert_eq!(sieve(400), 2741));
    println!("{:<36} {time:>12.3?}", format!("sieve, 400 primes{when}"));
    let time = least(|| {
        let expected = 10_000 * 9_999 / 2 + 10_000 * 50;
        assert_eq!(pipeline(50, 10_000), expected);
    });
    println!("{:<36} {time:>12.3?}", format!("pipeline, 50 stages{when}"));
}
