//! A lock makes three steps into one. Others run between the reading and the writing,
//! and one of them waits for the lock as a thread would, with its processor; the
//! runtime gives that processor to somebody else.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{runtime, scope};
use std::sync::{Mutex, PoisonError};

fn main() {
    let counter = Mutex::new(0);
    scope(|s| {
        for _ in 0..2 {
            s.go(|| {
                for _ in 0..2 {
                    let mut counter = counter.lock().unwrap_or_else(PoisonError::into_inner);
                    let value = *counter;
                    runtime::gosched();
                    *counter = value + 1;
                }
            });
        }
    });
    println!("final counter: {}", counter.into_inner().unwrap_or_default());
}

pub(crate) const PROGRAM: Program = Program {
    name: "mutex-gosched",
    source: Source { path: file!(), text: include_str!("mutex_gosched.rs") },
    shows: "4, always",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed(&["final counter: 4"])
}
