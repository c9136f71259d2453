//! Closing channels can put goroutines into an order. Each waits for one channel to
//! close and closes the next; whoever waits on the last may be many.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Receiver, Sender, channel, go, sync::WaitGroup, time};
use std::time::Duration;

fn step(name: &str, before: Receiver<()>, seconds: u64, after: Sender<()>) {
    _ = before.recv();
    println!("{name}");
    time::sleep(Duration::from_secs(seconds));
    after.close();
}

fn main() {
    let (x_closes, x) = channel(0);
    let (y_closes, y) = channel(0);
    let (z_closes, z) = channel(0);
    let (w_closes, w) = channel(0);
    let last = WaitGroup::new();
    for _ in 0..4 {
        let w = w.clone();
        last.go(move || {
            _ = w.recv();
            println!("D");
        });
    }
    go(move || step("C", z, 0, w_closes));
    go(move || step("A", x, 1, y_closes));
    go(move || step("B", y, 3, z_closes));
    x_closes.close();
    last.wait();
}

pub(crate) const PROGRAM: Program = Program {
    name: "signal-order",
    source: Source { path: file!(), text: include_str!("signal_order.rs") },
    shows: "A, B, C, then every D",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    let (a, b, c, d) = ((0.0, "A"), (1.0, "B"), (4.0, "C"), (4.0, "D"));
    run.printed_at(&[a, b, c, d, d, d, d])
}
