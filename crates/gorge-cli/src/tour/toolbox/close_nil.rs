//! Closing a nil channel is a mistake, and panics. Sending to it and receiving from it
//! only wait, for ever.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::Chan;

fn main() {
    let nothing = Chan::<String>::nil();
    nothing.close();
    println!("not reached");
}

pub(crate) const PROGRAM: Program = Program {
    name: "close-nil",
    source: Source { path: file!(), text: include_str!("close_nil.rs") },
    shows: "the panic `close of nil channel`, exit status 2",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.printed(&[])?;
    run.panicked("close of nil channel", "nothing.close()")
}
