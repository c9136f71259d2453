//! A select with a default does not wait for channels. When none is ready, and two
//! nil ones never are, the default is taken at once.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Receiver, select};

fn main() {
    let (first, second) = (Receiver::<()>::nil(), Receiver::<()>::nil());
    select! {
        recv(first) -> _ => println!("the first was ready"),
        recv(second) -> _ => println!("the second was ready"),
        default => println!("in default"),
    }
}

pub(crate) const PROGRAM: Program = Program {
    name: "select-default-again",
    source: Source { path: file!(), text: include_str!("select_default_again.rs") },
    shows: "the default, at once",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed_at(&[(0.0, "in default")])
}
