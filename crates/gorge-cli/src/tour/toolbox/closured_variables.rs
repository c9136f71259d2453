//! A closure that outlives the loop must own what it uses. In Go it can see the loop's
//! variable change under it; in Rust the closure is not accepted unless it takes a copy
//! with `move`, so each goroutine has its own number.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::sync::WaitGroup;

/// ```compile_fail,E0373
/// for n in 0..=20 {
///     gorge::go(|| println!("{n}")); // borrows `n`, which is gone by then
/// }
/// ```
fn main() {
    let all = WaitGroup::new();
    for n in 0..=20 {
        all.go(move || println!("{n}"));
    }
    all.wait();
}

pub(crate) const PROGRAM: Program = Program {
    name: "closured-variables",
    source: Source { path: file!(), text: include_str!("closured_variables.rs") },
    shows: "each number once; the mistake does not compile",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    let numbers: Vec<String> = (0..=20).map(|n| n.to_string()).collect();
    run.printed_in_any_order(&numbers)
}
