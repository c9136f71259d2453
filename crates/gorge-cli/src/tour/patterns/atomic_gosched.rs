//! An atomic addition cannot be interrupted. That others get to run between two of
//! them does no harm.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{runtime, scope};
use std::sync::atomic::{AtomicU32, Ordering};

fn main() {
    let counter = AtomicU32::new(0);
    scope(|s| {
        for _ in 0..2 {
            s.go(|| {
                for _ in 0..2 {
                    counter.fetch_add(1, Ordering::Relaxed);
                    runtime::gosched();
                }
            });
        }
    });
    println!("final counter: {}", counter.into_inner());
}

pub(crate) const PROGRAM: Program = Program {
    name: "atomic-gosched",
    source: Source { path: file!(), text: include_str!("atomic_gosched.rs") },
    shows: "4, always",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed(&["final counter: 4"])
}
