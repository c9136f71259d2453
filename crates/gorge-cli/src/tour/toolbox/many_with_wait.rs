//! Waiting for all of them takes a wait group and no guess. Sleeping was a hope; this
//! is certain, and takes no longer than the work.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict, ensure};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::sync::WaitGroup;

fn main() {
    let all = WaitGroup::new();
    for n in 0..20 {
        all.go(move || println!("{n}"));
    }
    all.wait();
    println!("the end");
}

pub(crate) const PROGRAM: Program = Program {
    name: "many-with-wait",
    source: Source { path: file!(), text: include_str!("many_with_wait.rs") },
    shows: "every number before the last line",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    let mut lines: Vec<String> = (0..20).map(|n| n.to_string()).collect();
    lines.push("the end".to_owned());
    run.printed_in_any_order(&lines)?;
    ensure(run.texts().last() == Some("the end"), || "the end was to come last".to_owned())
}
