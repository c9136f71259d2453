//! Work at even intervals until somebody says stop, and be told when it has stopped.
//!
//! `cargo run --release -p gorge --example ticker_and_quit`

use std::time::Duration;

use gorge::time::Ticker;
use gorge::{channel, go, select};

#[gorge::main]
fn main() {
    let (quit, stop) = channel::<()>(0);
    let (tell, told) = channel(1);
    let worker = go(move || {
        let ticker = Ticker::new(Duration::from_millis(10));
        let mut ticks = 0u32;
        loop {
            select! {
                recv(ticker.chan()) -> at => {
                    ticks += 1;
                    println!("tick {ticks} at {:?}", at.expect("a ticker never ends"));
                    let _ = tell.try_send(ticks); // it waits for nobody
                }
                // Closed by dropping the other end.
                recv(stop) -> _ => return ticks,
            }
        }
    });
    while told.recv().expect("it ticks until it is told to stop") < 5 {}
    drop(quit);
    let ticks = worker.join().expect("the worker does not panic");
    println!("stopped after {ticks} ticks");
    assert!(ticks >= 5);
}
