//! Saying "done" less often than announced leaves the waiter waiting. When nobody
//! else is left, that is a deadlock.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{go, sync::WaitGroup};

fn main() {
    let work = WaitGroup::new();
    work.add(2);
    let done = work.clone();
    go(move || done.done());
    work.wait();
    println!("not reached");
}

pub(crate) const PROGRAM: Program = Program {
    name: "waitgroup-too-few-done",
    source: Source { path: file!(), text: include_str!("waitgroup_too_few_done.rs") },
    shows: "a deadlock `[sync.WaitGroup.Wait]`",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.printed(&[])?;
    run.deadlocked("sync.WaitGroup.Wait", "work.wait()")
}
