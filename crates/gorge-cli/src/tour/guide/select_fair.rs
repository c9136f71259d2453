//! A select has no favourite. Two channels that are both always ready are chosen about
//! equally often, whichever is written first.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict, ensure};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Receiver, channel, select};

fn closed() -> Receiver<()> {
    channel(0).1
}

fn main() {
    let (first, second) = (closed(), closed());
    let (mut firsts, mut seconds) = (0, 0);
    for _ in 0..=1_000 {
        select! {
            recv(first) -> _ => firsts += 1,
            recv(second) -> _ => seconds += 1,
        }
    }
    println!("first: {firsts}");
    println!("second: {seconds}");
}

pub(crate) const PROGRAM: Program = Program {
    name: "select-fair",
    source: Source { path: file!(), text: include_str!("select_fair.rs") },
    shows: "of 1,001 draws each side gets 400 to 600",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    let (first, second) = (run.number("first: ")?, run.number("second: ")?);
    ensure(first + second == 1_001.0, || format!("{first} and {second} are not 1,001 draws"))?;
    let fair = 400.0..=600.0;
    ensure(fair.contains(&first) && fair.contains(&second), || {
        format!("{first} to {second} is not fair")
    })
}
