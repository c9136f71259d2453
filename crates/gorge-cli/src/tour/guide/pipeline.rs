//! A pipeline is a row of stages, each a goroutine between two channels. Dropping the
//! end of the last stage is enough to stop them all: a send that nobody can receive any
//! more fails, and so on to the first. A done signal does it from anywhere.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Receiver, channel, go, runtime, select, time};
use std::time::Duration;

type Done = Receiver<()>;

/// A stage that gives `values`, until nobody wants them any more or it is `done`.
fn generate(done: &Done, values: impl Iterator<Item = i32> + Send + 'static) -> Receiver<i32> {
    let (out, stage) = channel(0);
    let done = done.clone();
    go(move || {
        for value in values {
            select! {
                send(out, value) -> sent => if sent.is_err() { return },
                recv(done) -> _ => return,
            }
        }
    });
    stage
}

fn map(done: &Done, input: Receiver<i32>, f: fn(i32) -> i32) -> Receiver<i32> {
    generate(done, input.into_iter().map(f))
}

fn twice_and_one(
    done: &Done,
    numbers: impl Iterator<Item = i32> + Send + 'static,
) -> Receiver<i32> {
    map(done, map(done, generate(done, numbers), |n| n * 2), |n| n + 1)
}

fn main() {
    let (stop, done) = channel(0);
    for value in twice_and_one(&done, 1..=4) {
        println!("{value}");
    }
    let dropped = twice_and_one(&done, 1..);
    println!("one of endlessly many: {:?}", dropped.recv());
    drop(dropped);
    time::sleep(Duration::from_secs(1));
    println!("goroutines left: {}", runtime::num_goroutine());

    let still_here = twice_and_one(&done, 1..);
    println!("one of endlessly many: {:?}", still_here.recv());
    stop.close();
    time::sleep(Duration::from_secs(1));
    println!("goroutines left: {}", runtime::num_goroutine());
}

pub(crate) const PROGRAM: Program = Program {
    name: "pipeline",
    source: Source { path: file!(), text: include_str!("pipeline.rs") },
    shows: "n x 2 + 1 in order; no stage left behind, whether dropped or told",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    let (one, left) = ("one of endlessly many: Ok(3)", "goroutines left: 1");
    run.printed(&["3", "5", "7", "9", one, left, one, left])
}
