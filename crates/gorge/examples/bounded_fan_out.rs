//! Many jobs, a few at a time, each with a time limit; the results as they come.
//!
//! `cargo run --release -p gorge --example bounded_fan_out [MILLISECONDS]`: so long each; half a second without

use std::time::Duration;

use gorge::time::sleep;
use gorge::{channel, go, scope, select};

/// Stands for a request over the network: some answers are slow, and some never come.
fn fetch(n: u64) -> Result<u64, String> {
    sleep(if n < 18 { Duration::from_millis(n) } else { Duration::from_secs(3600) });
    if n == 13 { Err("no such page".into()) } else { Ok(n * n) }
}

/// `fetch`, given up after `limit`.
fn fetch_within(n: u64, limit: Duration) -> Result<u64, String> {
    let (tx, rx) = channel(1); // room for an answer that comes too late
    go(move || tx.send(fetch(n)));
    select! {
        recv(rx) -> answer => answer.expect("the goroutine answers"),
        timeout(limit) => Err("timed out".into()),
    }
}

#[gorge::main]
fn main() {
    const AT_ONCE: usize = 4;
    let limit = std::env::args().nth(1).and_then(|word| word.parse().ok()).unwrap_or(500);
    let limit = Duration::from_millis(limit);
    let (jobs, todo) = channel::<u64>(0);
    let (done, results) = channel(0);

    let (mut good, mut bad) = (0, 0);
    scope(|s| {
        for _ in 0..AT_ONCE {
            let (todo, done) = (todo.clone(), done.clone());
            s.go(move || {
                for n in &todo {
                    let answer = fetch_within(n, limit);
                    done.send((n, answer)).expect("the results are read");
                }
            });
        }
        drop(done);
        s.go(move || (0..20).for_each(|n| jobs.send(n).expect("the workers read")));
        for (n, answer) in &results {
            match answer {
                Ok(value) => {
                    good += 1;
                    println!("{n:2}: {value}");
                }
                Err(error) => {
                    bad += 1;
                    println!("{n:2}: {error}");
                }
            }
        }
    });
    println!("{good} answers, {bad} errors");
}
