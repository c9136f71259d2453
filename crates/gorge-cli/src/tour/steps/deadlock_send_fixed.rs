//! Two ways to get a send through: a partner, or a buffer. With another goroutine
//! the two sides meet; with a buffer the value waits in the channel, and the
//! sender need not.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Chan, go};

fn with_another_goroutine() {
    let greetings = Chan::new(0);
    let sender = greetings.clone();
    go(move || sender.send("hello world"));
    println!("{}", greetings.recv());
}

fn with_a_buffer() {
    let greetings = Chan::new(1);
    greetings.send("hello world");
    println!("{}", greetings.recv());
}

pub(crate) const PROGRAM: Program = Program {
    name: "deadlock-send-fixed",
    source: Source { path: file!(), text: include_str!("deadlock_send_fixed.rs") },
    shows: "the value, both ways",
    scenes: &[
        Scene::titled("another goroutine sends", with_another_goroutine, check),
        Scene::titled("a buffer of one", with_a_buffer, check),
    ],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed(&["hello world"])
}
