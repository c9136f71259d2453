//! A program ends when its main function returns. Whatever other goroutines are
//! about at that moment is never finished, so what they print may or may not be
//! seen; `time::sleep` gives them time here, but there are better ways to wait.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{go, time};
use std::time::Duration;

fn leave_at_once() {
    go(|| println!("Hello from another goroutine"));
    println!("Hello from the main goroutine");
}

fn stay_a_second() {
    go(|| println!("Hello from another goroutine"));
    println!("Hello from the main goroutine");
    time::sleep(Duration::from_secs(1));
}

pub(crate) const PROGRAM: Program = Program {
    name: "hello-goroutine",
    source: Source { path: file!(), text: include_str!("hello_goroutine.rs") },
    shows: "the line of main always, the other one perhaps; both when main stays",
    scenes: &[
        Scene::titled("main leaves at once", leave_at_once, mains_line_at_least),
        Scene::titled("main stays a second", stay_a_second, both_lines),
    ],
};

fn mains_line_at_least(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed(&["Hello from the main goroutine"]).or_else(|_| both_lines(run))
}

fn both_lines(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed_in_any_order(&["Hello from another goroutine", "Hello from the main goroutine"])
}
