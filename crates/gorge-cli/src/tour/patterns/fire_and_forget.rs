//! Some work is started and forgotten. A message for the log is written in the
//! background, and the caller is not held up by it.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{go, time};
use std::time::Duration;

fn log(message: &'static str) {
    go(move || {
        time::sleep(Duration::from_secs(2)); // the disk is slow today
        println!("logged: {message}");
    });
}

fn main() {
    log("something dire has happened");
    println!("the caller goes on");
    time::sleep(Duration::from_secs(3));
}

pub(crate) const PROGRAM: Program = Program {
    name: "fire-and-forget",
    source: Source { path: file!(), text: include_str!("fire_and_forget.rs") },
    shows: "the caller is not delayed",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed_at(&[(0.0, "the caller goes on"), (2.0, "logged: something dire has happened")])
}
