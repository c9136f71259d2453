//! Who receives for ever must be sent to for ever. A two-way `Chan` stays open until
//! somebody closes it, so the third receive waits for a value that nobody will
//! send; a `Receiver` would have seen its last sender go, and the loop would end.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Chan, go};

fn main() {
    let greetings = Chan::new(0);
    let sender = greetings.clone();
    go(move || {
        sender.send("hello world");
        sender.send("hello again");
    });
    loop {
        let greeting = greetings.recv();
        println!("{greeting}");
    }
}

pub(crate) const PROGRAM: Program = Program {
    name: "receive-forever",
    source: Source { path: file!(), text: include_str!("receive_forever.rs") },
    shows: "two lines, then a deadlock `[chan receive]`",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.printed(&["hello world", "hello again"])?;
    run.deadlocked("chan receive", "greetings.recv()")
}
