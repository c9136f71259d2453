//! Data can be confined by agreement. The list is visible to both goroutines and only
//! one of them goes near it; nothing but discipline keeps it so. In Rust even that much
//! has to be a shared borrow, which nobody can write through.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Sender, channel, scope};

fn hand_out(data: &[i32], to: Sender<i32>) {
    for value in data {
        _ = to.send(*value);
    }
}

fn main() {
    let data = [1, 2, 3, 4];
    let (to, values) = channel(0);
    scope(|s| {
        s.go(|| hand_out(&data, to));
        for value in values {
            println!("{value}");
        }
    });
}

pub(crate) const PROGRAM: Program = Program {
    name: "confinement-ad-hoc",
    source: Source { path: file!(), text: include_str!("confinement_ad_hoc.rs") },
    shows: "the values in order",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed(&["1", "2", "3", "4"])
}
