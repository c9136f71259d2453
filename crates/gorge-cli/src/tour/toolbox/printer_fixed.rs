//! Who sends should also close, and be the only one. Then no send can come after the
//! close, and the receivers know when it is over.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Chan, go};

fn printer(values: &Chan<bool>, times: usize) {
    for _ in 0..times {
        values.send(true);
    }
    values.close();
}

fn main() {
    let values = Chan::new(0);
    let sender = values.clone();
    go(move || printer(&sender, 5));
    let received: Vec<bool> = values.receiver().iter().collect();
    println!("{received:?}");
    let afterwards: Vec<bool> = (0..3).map(|_| values.recv()).collect();
    println!("{afterwards:?}");
}

pub(crate) const PROGRAM: Program = Program {
    name: "printer-fixed",
    source: Source { path: file!(), text: include_str!("printer_fixed.rs") },
    shows: "five values, then default values",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed(&["[true, true, true, true, true]", "[false, false, false]"])
}
