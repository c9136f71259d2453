//! Saying "done" more often than there is work is a mistake. It is treated as one,
//! with a panic. With `go` of the wait group it cannot happen; counting by hand it
//! can.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::sync::WaitGroup;

fn main() {
    let work = WaitGroup::new();
    work.add(1);
    for time in 1..=2 {
        work.done();
        println!("done {time}");
    }
}

pub(crate) const PROGRAM: Program = Program {
    name: "waitgroup-too-many-done",
    source: Source { path: file!(), text: include_str!("waitgroup_too_many_done.rs") },
    shows: "the panic `sync: negative WaitGroup counter`, exit status 2",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.printed(&["done 1"])?;
    run.panicked("sync: negative WaitGroup counter", "work.done()")
}
