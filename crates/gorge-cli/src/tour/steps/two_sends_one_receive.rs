//! Each send needs a receive of its own. It matters who is left waiting: main
//! without a partner stops the program with a deadlock; another goroutine without
//! one is forgotten when main returns.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Chan, go};

fn main_sends_twice() {
    let greetings = Chan::new(0);
    let receiver = greetings.clone();
    let printer = go(move || println!("{}", receiver.recv()));
    greetings.send("hello world");
    _ = printer.join();
    greetings.send("hello again");
}

fn another_sends_twice() {
    let greetings = Chan::new(0);
    let sender = greetings.clone();
    go(move || {
        sender.send("hello world");
        sender.send("hello again");
    });
    println!("{}", greetings.recv());
}

pub(crate) const PROGRAM: Program = Program {
    name: "two-sends-one-receive",
    source: Source { path: file!(), text: include_str!("two_sends_one_receive.rs") },
    shows: "one line each time: then a deadlock `[chan send]`, or a quiet end",
    scenes: &[
        Scene::titled("main sends twice", main_sends_twice, one_line_then_deadlock),
        Scene::titled("another goroutine sends twice", another_sends_twice, one_line_then_the_end),
    ],
};

fn one_line_then_deadlock(run: &Run) -> Verdict {
    run.printed(&["hello world"])?;
    run.deadlocked("chan send", "greetings.send(\"hello again\")")
}

fn one_line_then_the_end(run: &Run) -> Verdict {
    run.printed(&["hello world"])?;
    run.ended_well()
}
