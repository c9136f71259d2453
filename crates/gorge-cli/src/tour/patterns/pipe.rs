//! What comes out of one channel can go into the next. Two channels with a goroutine
//! between them are a pipe.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{channel, go};

fn main() {
    let (into_first, first) = channel(0);
    let (into_second, second) = channel(0);
    go(move || into_first.send(100));
    go(move || first.iter().try_for_each(|value| into_second.send(value)));
    println!("{}", second.recv().unwrap_or_default());
}

pub(crate) const PROGRAM: Program = Program {
    name: "pipe",
    source: Source { path: file!(), text: include_str!("pipe.rs") },
    shows: "100",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed(&["100"])
}
