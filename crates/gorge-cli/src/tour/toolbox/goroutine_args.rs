//! What a goroutine works on is bound when it is started. A `move` closure takes its
//! values along; what happens to the variables afterwards is of no concern to it.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{go, time};
use std::time::Duration;

fn print_it(x: i32) {
    println!("{x}");
}

fn main() {
    let mut x = 10;
    go(move || println!("{x}"));
    x += 5;
    go(move || print_it(x));
    time::sleep(Duration::from_secs(1));
    println!("the end");
}

pub(crate) const PROGRAM: Program = Program {
    name: "goroutine-args",
    source: Source { path: file!(), text: include_str!("goroutine_args.rs") },
    shows: "10 and 15 in either order, then the end",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed_in_any_order(&["10", "15", "the end"])?;
    run.printed_once_at(1.0, "the end")
}
