//! Two halves can be added up at the same time. A scope lets each goroutine borrow its
//! half: no copy, no lock, and no way to outlive the list.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{channel, scope};

fn main() {
    let numbers = [1, -4, -9, 20, 4, 9];
    let (sums_in, sums) = channel(0);
    scope(|s| {
        for half in numbers.chunks(numbers.len() / 2) {
            let sums_in = sums_in.clone();
            s.go(move || sums_in.send(half.iter().sum::<i32>()));
        }
        let (x, y) = (sums.recv().unwrap_or_default(), sums.recv().unwrap_or_default());
        println!("({x})+({y})={}", x + y);
    });
}

pub(crate) const PROGRAM: Program = Program {
    name: "parallel-sum",
    source: Source { path: file!(), text: include_str!("parallel_sum.rs") },
    shows: "the two partial sums, in either order, and 21",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed(&["(-12)+(33)=21"]).or_else(|_| run.printed(&["(33)+(-12)=21"]))
}
