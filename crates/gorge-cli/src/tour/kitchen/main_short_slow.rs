//! Three units of work at once take as long as the longest. The short one, started
//! along with the slow one, is done before it.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{go, time};
use std::time::Duration;

fn unit(name: &'static str, seconds: u64) {
    println!("begin {name}");
    time::sleep(Duration::from_secs(seconds));
    println!("end {name}");
}

fn main() {
    go(|| unit("short", 2));
    go(|| unit("slow", 3));
    unit("main", 5);
}

pub(crate) const PROGRAM: Program = Program {
    name: "main-short-slow",
    source: Source { path: file!(), text: include_str!("main_short_slow.rs") },
    shows: "five seconds in all, `end short` before `end slow`",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    let names = ["main", "short", "slow"];
    let lines: Vec<String> =
        names.iter().flat_map(|n| [format!("begin {n}"), format!("end {n}")]).collect();
    run.printed_in_any_order(&lines)?;
    names.iter().try_for_each(|name| run.printed_once_at(0.0, &format!("begin {name}")))?;
    run.printed_once_at(2.0, "end short")?;
    run.printed_once_at(3.0, "end slow")?;
    run.printed_once_at(5.0, "end main")
}
