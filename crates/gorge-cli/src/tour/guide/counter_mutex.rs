//! A counter with its lock inside can be used from anywhere. In Rust the value is inside
//! the lock, too: there is no way to it that does not take it.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::scope;
use std::sync::{Mutex, PoisonError};

#[derive(Default)]
struct Counter {
    value: Mutex<u32>,
}

impl Counter {
    fn increment(&self) {
        *self.value.lock().unwrap_or_else(PoisonError::into_inner) += 1;
    }
}

fn main() {
    let counter = Counter::default();
    scope(|s| {
        for _ in 0..1_000 {
            s.go(|| counter.increment());
        }
    });
    println!("{}", counter.value.into_inner().unwrap_or_default());
}

pub(crate) const PROGRAM: Program = Program {
    name: "counter-mutex",
    source: Source { path: file!(), text: include_str!("counter_mutex.rs") },
    shows: "1000, always",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed(&["1000"])
}
