//! Data can be confined by where it can be named. The writing end never leaves the
//! function that makes it, so a consumer that writes does not compile.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Receiver, channel, go};

fn owner() -> Receiver<i32> {
    let (results, reading_end) = channel(5);
    go(move || (0..=5).try_for_each(|i| results.send(i)));
    reading_end
}

/// ```compile_fail,E0599
/// fn consume(results: gorge::Receiver<i32>) {
///     results.send(6);
/// }
/// ```
fn consume(results: Receiver<i32>) {
    for result in results {
        println!("received: {result}");
    }
    println!("done receiving");
}

fn main() {
    consume(owner());
}

pub(crate) const PROGRAM: Program = Program {
    name: "confinement-lexical",
    source: Source { path: file!(), text: include_str!("confinement_lexical.rs") },
    shows: "the values in order; writing from outside does not compile",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    let mut lines: Vec<String> = (0..=5).map(|i| format!("received: {i}")).collect();
    lines.push("done receiving".to_owned());
    run.printed(&lines.iter().map(String::as_str).collect::<Vec<_>>())
}
