//! A lock belongs inside the type whose data it guards. Nobody can forget to take it
//! then, and the race detector, which is told of every access by `Shared`, has nothing
//! to report.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::race::Shared;
use gorge::{channel, go, sync::Mutex};
use std::sync::Arc;

#[derive(Default)]
struct AtomicInt {
    n: Mutex<Shared<i64>>,
}

impl AtomicInt {
    fn add(&self, more: i64) {
        self.n.lock().update(|n| n + more);
    }

    fn value(&self) -> i64 {
        self.n.lock().get()
    }
}

fn main() {
    let (done, wait) = channel::<()>(0);
    let n = Arc::new(AtomicInt::default());
    let same = Arc::clone(&n);
    go(move || {
        same.add(1);
        drop(done);
    });
    n.add(1);
    _ = wait.recv();
    println!("{}", n.value());
}

pub(crate) const PROGRAM: Program = Program {
    name: "atomic-int",
    source: Source { path: file!(), text: include_str!("atomic_int.rs") },
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
