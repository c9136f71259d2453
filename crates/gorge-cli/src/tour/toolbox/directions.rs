//! A parameter can be the sending or the receiving half only. The other operation is
//! not there then, and a mistake does not compile.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Receiver, Sender, channel, go};

fn numbers(out: Sender<i32>) {
    _ = out.send(21);
}

/// ```compile_fail,E0599
/// fn double(from: gorge::Receiver<i32>, to: gorge::Sender<i32>) {
///     from.send(1); // a `Receiver` cannot send
/// }
/// ```
///
/// ```compile_fail,E0599
/// fn double(from: gorge::Receiver<i32>, to: gorge::Sender<i32>) {
///     to.recv(); // a `Sender` cannot receive
/// }
/// ```
fn double(from: Receiver<i32>, to: Sender<i32>) {
    for n in from {
        _ = to.send(2 * n);
    }
}

fn main() {
    let (out, from_numbers) = channel(0);
    let (to_main, doubled) = channel(0);
    go(move || numbers(out));
    go(move || double(from_numbers, to_main));
    for n in doubled {
        println!("{n}");
    }
}

pub(crate) const PROGRAM: Program = Program {
    name: "directions",
    source: Source { path: file!(), text: include_str!("directions.rs") },
    shows: "42; the misuse does not compile",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed(&["42"])
}
