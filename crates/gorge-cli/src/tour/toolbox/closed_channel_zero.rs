//! What a closed channel gives is the default of its type. A number has one, and
//! so has a structure that derives it.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::Chan;

#[derive(Debug, Default)]
struct Complex {
    re: f64,
    im: f64,
}

fn main() {
    let numbers = Chan::new(10);
    numbers.send(Complex { re: -1.0, im: 0.0 });
    numbers.send(Complex { re: 0.0, im: 1.0 });
    println!("{}", numbers.recv().re);
    println!("{}", numbers.recv().im);
    numbers.close();
    println!("{:?}", numbers.recv());
}

pub(crate) const PROGRAM: Program = Program {
    name: "closed-channel-zero",
    source: Source { path: file!(), text: include_str!("closed_channel_zero.rs") },
    shows: "both values, then zero",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed(&["-1", "1", "Complex { re: 0.0, im: 0.0 }"])
}
