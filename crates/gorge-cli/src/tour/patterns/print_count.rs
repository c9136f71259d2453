//! A consumer prints what it is sent. That the last number was received does not yet
//! mean that it was printed; joining the consumer does.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{channel, go};

fn main() {
    let (numbers_in, numbers) = channel(0);
    let printer = go(move || numbers.iter().for_each(|number| println!("{number}")));
    for number in (1..=8).rev() {
        _ = numbers_in.send(number);
    }
    drop(numbers_in);
    _ = printer.join();
}

pub(crate) const PROGRAM: Program = Program {
    name: "print-count",
    source: Source { path: file!(), text: include_str!("print_count.rs") },
    shows: "8 down to 1",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed(&["8", "7", "6", "5", "4", "3", "2", "1"])
}
