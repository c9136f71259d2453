//! Reading until the end or until done takes a select each time. Put into a goroutine
//! once, it gives a channel that a plain loop can read.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Receiver, channel, go, runtime, select, time};
use std::time::Duration;

fn or_done<T: Send + 'static>(done: &Receiver<()>, input: Receiver<T>) -> Receiver<T> {
    let (out, values) = channel(0);
    let done = done.clone();
    go(move || {
        loop {
            let value = select! {
                recv(done) -> _ => return,
                recv(input) -> value => match value {
                    Ok(value) => value,
                    Err(_) => return,
                },
            };
            select! {
                recv(done) -> _ => return,
                send(out, value) -> _ => {}
            }
        }
    });
    values
}

fn count() -> Receiver<u32> {
    let (out, numbers) = channel(0);
    go(move || (1..).try_for_each(|n| out.send(n)));
    numbers
}

fn main() {
    let (stop, done) = channel(0);
    for number in or_done(&done, count()) {
        println!("{number}");
        if number == 3 {
            stop.close();
            break;
        }
    }
    time::sleep(Duration::from_secs(1));
    println!("goroutines left: {}", runtime::num_goroutine());
}

pub(crate) const PROGRAM: Program = Program {
    name: "or-done",
    source: Source { path: file!(), text: include_str!("or_done.rs") },
    shows: "three of endlessly many; no goroutine left behind after done",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed(&["1", "2", "3", "goroutines left: 1"])
}
