//! One channel can carry numbers one way and an order the other way. After the
//! order to stop nobody sends any more: asking for another number is a deadlock.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Chan, go, select};

fn generator() -> Chan<u32> {
    let numbers = Chan::new(0);
    let to_caller = numbers.clone();
    go(move || {
        let mut n = 1;
        loop {
            select! {
                send(to_caller, n) -> _ => n += 1,
                recv(to_caller) -> _ => return,
            }
        }
    });
    numbers
}

fn main() {
    let numbers = generator();
    println!("{}", numbers.recv());
    println!("{}", numbers.recv());
    numbers.send(0);
    println!("stopped");
    println!("{}", numbers.recv_ok().0);
}

pub(crate) const PROGRAM: Program = Program {
    name: "generator",
    source: Source { path: file!(), text: include_str!("generator.rs") },
    shows: "1, 2, then a deadlock `[chan receive]`",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.printed(&["1", "2", "stopped"])?;
    run.deadlocked("chan receive", "numbers.recv_ok()")
}
