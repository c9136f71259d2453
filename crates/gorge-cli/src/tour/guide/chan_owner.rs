//! The owner of a channel hands out nothing but its reading end. It makes the
//! channel, writes it and closes it; nobody else can write too late or close
//! twice.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Receiver, channel, go};

fn owner() -> Receiver<i32> {
    let (results, reading_end) = channel(5);
    go(move || (0..=5).try_for_each(|i| results.send(i)));
    reading_end
}

fn main() {
    for result in owner() {
        println!("received: {result}");
    }
    println!("done");
}

pub(crate) const PROGRAM: Program = Program {
    name: "chan-owner",
    source: Source { path: file!(), text: include_str!("chan_owner.rs") },
    shows: "all six values, then `done`",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    let mut lines: Vec<String> = (0..=5).map(|i| format!("received: {i}")).collect();
    lines.push("done".to_owned());
    run.printed(&lines.iter().map(String::as_str).collect::<Vec<_>>())
}
