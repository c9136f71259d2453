//! A wait group waits until all have finished. It counts the goroutines that are
//! still at work, and `wait` returns when there are none.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{sync::WaitGroup, time};
use std::time::Duration;

fn main() {
    let workers = WaitGroup::new();
    for seconds in 1..=2 {
        workers.go(move || {
            time::sleep(Duration::from_secs(seconds));
            println!("worked for {seconds} s");
        });
    }
    println!("waiting");
    workers.wait();
    println!("both have finished");
}

pub(crate) const PROGRAM: Program = Program {
    name: "wait-group",
    source: Source { path: file!(), text: include_str!("wait_group.rs") },
    shows: "it returns after both, and no later",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed_at(&[
        (0.0, "waiting"),
        (1.0, "worked for 1 s"),
        (2.0, "worked for 2 s"),
        (2.0, "both have finished"),
    ])
}
