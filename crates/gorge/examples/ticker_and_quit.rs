//! Work at even intervals until somebody says stop, and be told when it has stopped.
//!
//! `cargo run --release -p gorge --example ticker_and_quit`

use std::time::Duration;

use gorge::time::{Ticker, sleep};
use gorge::{channel, go, select};

#[gorge::main]
fn main() {
    let (quit, stop) = channel::<()>(0);
    let worker = go(move || {
        let ticker = Ticker::new(Duration::from_millis(10));
        let mut ticks = 0u32;
        loop {
            select! {
                recv(ticker.chan()) -> at => {
                    ticks += 1;
                    println!("tick {ticks} at {:?}", at.expect("a ticker never ends"));
                }
                // Closed by dropping the other end.
                recv(stop) -> _ => return ticks,
            }
        }
    });
    sleep(Duration::from_millis(55));
    drop(quit);
    let ticks = worker.join().expect("the worker does not panic");
    println!("stopped after {ticks} ticks");
    assert!((1..=6).contains(&ticks));
}
