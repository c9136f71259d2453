//! A pipeline is a row of stages, each a goroutine between two channels. Dropping the
//! end of the last stage is enough to stop them all: a send that nobody can receive any
//! more fails, and so on to the first.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Receiver, channel, go, runtime, time};
use std::time::Duration;

fn generate(values: impl Iterator<Item = i32> + Send + 'static) -> Receiver<i32> {
    let (out, stage) = channel(0);
    go(move || values.into_iter().try_for_each(|value| out.send(value)));
    stage
}

fn map(input: Receiver<i32>, f: impl Fn(i32) -> i32 + Send + 'static) -> Receiver<i32> {
    let (out, stage) = channel(0);
    go(move || input.iter().try_for_each(|value| out.send(f(value))));
    stage
}

fn main() {
    let doubled = map(generate(1..=4), |n| n * 2);
    for value in map(doubled, |n| n + 1) {
        println!("{value}");
    }
    let endless = map(map(generate(1..), |n| n * 2), |n| n + 1);
    println!("one of endlessly many: {:?}", endless.recv());
    drop(endless);
    time::sleep(Duration::from_secs(1));
    println!("goroutines left: {}", runtime::num_goroutine());
}

pub(crate) const PROGRAM: Program = Program {
    name: "pipeline",
    source: Source { path: file!(), text: include_str!("pipeline.rs") },
    shows: "n x 2 + 1 in order; no stage left behind",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed(&["3", "5", "7", "9", "one of endlessly many: Ok(3)", "goroutines left: 1"])
}
