//! Do not share a value: hand it over. Each goroutine changes it while it has it, and
//! the channel is at once the hand-over and the moment when it happens. In Rust the
//! sender cannot touch it any more, and the race detector has nothing to report.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::race::Shared;
use gorge::{channel, go};

fn main() {
    let (sender, receiver) = channel(0);
    go(move || {
        let n = Box::new(Shared::new(0));
        n.update(|n| n + 1);
        sender.send(n)
    });
    let n = receiver.recv().unwrap_or_default();
    n.update(|n| n + 1);
    println!("{}", n.get());
}

pub(crate) const PROGRAM: Program = Program {
    name: "sharing-is-caring",
    source: Source { path: file!(), text: include_str!("sharing_is_caring.rs") },
    shows: "2, always; no race reported",
    scenes: &[
        Scene::titled("as it is", main, check),
        Scene {
            environment: &[("GORGE_RACE", "1")],
            ..Scene::titled("race detector", main, check)
        },
    ],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed(&["2"])
}
