//! A goroutine can give its result back over a channel. The receive waits for it, so
//! nothing else is needed to know that it is there.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{channel, go};

fn main() {
    let (result, sum) = channel(0);
    go(move || result.send((0..10).sum::<i32>()));
    println!("{}", sum.recv().unwrap_or_default());
}

pub(crate) const PROGRAM: Program = Program {
    name: "sum-over-channel",
    source: Source { path: file!(), text: include_str!("sum_over_channel.rs") },
    shows: "45",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed(&["45"])
}
