//! Do not share a value: hand it over. Each goroutine changes it while it has it, and
//! the channel is at once the hand-over and the moment when it happens. In Rust the
//! sender cannot touch it any more; the compiler sees to that.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{channel, go};

fn main() {
    let (sender, receiver) = channel(0);
    go(move || {
        let mut n = 0;
        n += 1;
        sender.send(n)
    });
    let mut n = receiver.recv().unwrap_or_default();
    n += 1;
    println!("{n}");
}

pub(crate) const PROGRAM: Program = Program {
    name: "sharing-is-caring",
    source: Source { path: file!(), text: include_str!("sharing_is_caring.rs") },
    shows: "2, always",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed(&["2"])
}
