//! A loop over a channel ends with the close. The sender says how much there is by
//! closing, and the receiver need not know beforehand.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Sender, channel, go};

fn fibonacci(out: Sender<u64>) {
    let (mut x, mut y) = (1, 1);
    for _ in 0..out.capacity() {
        _ = out.send(x);
        (x, y) = (y, x + y);
    }
}

fn main() {
    let (out, numbers) = channel(10);
    go(move || fibonacci(out));
    for number in numbers {
        println!("{number}");
    }
}

pub(crate) const PROGRAM: Program = Program {
    name: "fibonacci-range",
    source: Source { path: file!(), text: include_str!("fibonacci_range.rs") },
    shows: "ten numbers, then the end",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed(&["1", "1", "2", "3", "5", "8", "13", "21", "34", "55"])
}
