//! A counter that many goroutines add to can be an atomic. One addition is one step
//! for everybody else, so none is lost.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::scope;
use std::sync::atomic::{AtomicU64, Ordering};

fn main() {
    let counter = AtomicU64::new(0);
    scope(|s| {
        for _ in 0..100 {
            s.go(|| {
                for _ in 0..4 {
                    counter.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    println!("{}", counter.into_inner());
}

pub(crate) const PROGRAM: Program = Program {
    name: "atomic-counter",
    source: Source { path: file!(), text: include_str!("atomic_counter.rs") },
    shows: "400, always",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed(&["400"])
}
