//! A goroutine cannot be stopped from outside; it can be asked to stop. It looks at a
//! channel for that request wherever it suits it, and leaves by itself.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{channel, go, runtime, select, time};
use std::time::Duration;

fn main() {
    let (quit, asked_to_quit) = channel(0);
    let worker = go(move || {
        let mut rounds = 0_u64;
        loop {
            select! {
                recv(asked_to_quit) -> _ => return rounds,
                default => rounds += 1,
            }
        }
    });
    _ = quit.send(());
    println!("it has stopped: {}", worker.join().is_ok());
    time::sleep(Duration::from_secs(1));
    println!("goroutines left: {}", runtime::num_goroutine());
}

pub(crate) const PROGRAM: Program = Program {
    name: "quit-channel",
    source: Source { path: file!(), text: include_str!("quit_channel.rs") },
    shows: "it stops, and only main is left",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed(&["it has stopped: true", "goroutines left: 1"])
}
