//! Something can be done once, whoever comes first. The others wait until it is done, and
//! then go on without doing it.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::scope;
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

fn main() {
    let (once, count) = (Once::new(), AtomicU32::new(0));
    scope(|s| {
        for _ in 0..100 {
            s.go(|| once.call_once(|| _ = count.fetch_add(1, Ordering::Relaxed)));
        }
    });
    println!("the count is {}", count.into_inner());
}

pub(crate) const PROGRAM: Program = Program {
    name: "once",
    source: Source { path: file!(), text: include_str!("once.rs") },
    shows: "100 callers, a count of 1",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed(&["the count is 1"])
}
