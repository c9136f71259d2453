//! The capacity says how many sends go through without a receiver. Two fit into a
//! buffer of two; with less room the sender waits, here for ever.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::Chan;

fn send_two(capacity: usize) {
    let numbers = Chan::new(capacity);
    for number in 1..=2 {
        numbers.send(number);
        println!("sent {number}");
    }
    println!("received {} and {}", numbers.recv(), numbers.recv());
}

pub(crate) const PROGRAM: Program = Program {
    name: "buffered-two",
    source: Source { path: file!(), text: include_str!("buffered_two.rs") },
    shows: "both with a capacity of two; with one and with none a deadlock `[chan send]`",
    scenes: &[
        Scene::titled("capacity 2", || send_two(2), both),
        Scene::titled("capacity 1", || send_two(1), one),
        Scene::titled("capacity 0", || send_two(0), none),
    ],
};

fn both(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed(&["sent 1", "sent 2", "received 1 and 2"])
}

fn one(run: &Run) -> Verdict {
    run.printed(&["sent 1"])?;
    run.deadlocked("chan send", "numbers.send")
}

fn none(run: &Run) -> Verdict {
    run.printed(&[])?;
    run.deadlocked("chan send", "numbers.send")
}
