//! A loop may start as many goroutines as it likes. In which order they run is up to
//! the scheduler.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{go, time};
use std::time::Duration;

fn main() {
    for n in 0..20 {
        go(move || println!("{n}"));
    }
    time::sleep(Duration::from_secs(1));
    println!("the end");
}

pub(crate) const PROGRAM: Program = Program {
    name: "many-goroutines",
    source: Source { path: file!(), text: include_str!("many_goroutines.rs") },
    shows: "each number once, in any order",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    let mut lines: Vec<String> = (0..20).map(|n| n.to_string()).collect();
    lines.push("the end".to_owned());
    run.printed_in_any_order(&lines)?;
    run.printed_once_at(1.0, "the end")
}
