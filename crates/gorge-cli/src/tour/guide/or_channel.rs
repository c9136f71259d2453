//! Several done channels can be combined to one. It closes with the first of them.
//! The run-time form of select waits for a list of any length; the goroutine that
//! does so ends with it.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Receiver, channel, go, runtime, select::Select, time};
use std::time::Duration;

fn or(channels: Vec<Receiver<()>>) -> Receiver<()> {
    let (done, any_done) = channel(0);
    go(move || {
        let mut any = Select::new();
        for channel in &channels {
            any.recv(channel, |_| ());
        }
        any.wait();
        drop(done);
    });
    any_done
}

fn signal(after: Duration) -> Receiver<()> {
    let (done, wait) = channel(0);
    go(move || {
        time::sleep(after);
        drop(done);
    });
    wait
}

fn main() {
    let hour = Duration::from_secs(3600);
    let delays = [2 * hour, hour / 12, Duration::from_secs(1), hour, hour / 60];
    let begun = time::now();
    _ = or(delays.map(signal).into()).recv();
    println!("done after {} s", begun.elapsed().as_secs());
    time::sleep(3 * hour);
    println!("goroutines left: {}", runtime::num_goroutine());
}

pub(crate) const PROGRAM: Program = Program {
    name: "or-channel",
    source: Source { path: file!(), text: include_str!("or_channel.rs") },
    shows: "done after one second of five signals; nobody left when all have come",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed_at(&[(1.0, "done after 1 s"), (10_801.0, "goroutines left: 1")])
}
