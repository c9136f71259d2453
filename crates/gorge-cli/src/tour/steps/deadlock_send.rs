//! A send on a channel without a buffer waits for a receiver. Here the only
//! goroutine that could receive is the one that waits; the runtime sees that nobody
//! can ever run again, and says so instead of hanging.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::Chan;

fn main() {
    let greetings = Chan::new(0);
    greetings.send("hello world");
    println!("{}", greetings.recv());
}

pub(crate) const PROGRAM: Program = Program {
    name: "deadlock-send",
    source: Source { path: file!(), text: include_str!("deadlock_send.rs") },
    shows: "the deadlock report with `[chan send]` and the line of the send, exit status 2",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.printed(&[])?;
    run.deadlocked("chan send", "greetings.send")
}
