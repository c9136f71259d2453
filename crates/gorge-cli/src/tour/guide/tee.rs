//! A tee gives every value to two readers. Which of them takes it first does not matter:
//! the one that has it is switched off, until the other has it too.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Receiver, channel, go, runtime, select, time};
use std::time::Duration;

fn tee(done: &Receiver<()>, input: Receiver<u32>) -> (Receiver<u32>, Receiver<u32>) {
    let (left_in, left) = channel(0);
    let (right_in, right) = channel(0);
    let done = done.clone();
    go(move || {
        for value in input {
            let (mut to_left, mut to_right) = (Some(&left_in), Some(&right_in));
            while to_left.is_some() || to_right.is_some() {
                select! {
                    send(to_left, value) -> _ => to_left = None,
                    send(to_right, value) -> _ => to_right = None,
                    recv(done) -> _ => return,
                }
            }
        }
    });
    (left, right)
}

fn count() -> Receiver<u32> {
    let (out, numbers) = channel(0);
    go(move || (1..).try_for_each(|n| out.send(n)));
    numbers
}

fn main() {
    let (stop, done) = channel(0);
    let (left, right) = tee(&done, count());
    for (left, right) in left.iter().zip(right.iter()).take(4) {
        println!("{left} {right}");
    }
    stop.close();
    time::sleep(Duration::from_secs(1));
    println!("goroutines left: {}", runtime::num_goroutine());
}

pub(crate) const PROGRAM: Program = Program {
    name: "tee",
    source: Source { path: file!(), text: include_str!("tee.rs") },
    shows: "the same values on both sides; no goroutine left behind after done",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed(&["1 1", "2 2", "3 3", "4 4", "goroutines left: 1"])
}
