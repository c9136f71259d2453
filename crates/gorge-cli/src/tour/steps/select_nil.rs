//! A nil channel is never ready, which switches its arm of a select off. `None` in
//! place of a channel does the same.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Receiver, channel, select};

fn main() {
    let (to_first, first) = channel(1);
    let (to_second, second) = channel(1);
    _ = to_first.send("patient");
    let mut first = Some(first);
    let switched_off = first.take();
    let nil = Receiver::<&str>::nil();
    let mut taken = 0;
    for _ in 0..500 {
        _ = to_second.send("taken");
        select! {
            recv(first) -> word => println!("switched off, and yet: {word:?}"),
            recv(nil) -> word => println!("nil, and yet: {word:?}"),
            recv(second) -> _ => taken += 1,
        }
    }
    println!("taken from the second channel: {taken}");
    first = switched_off;
    select! {
        recv(first) -> word => println!("switched on, the first has {word:?}"),
        recv(nil) -> word => println!("nil, and yet: {word:?}"),
    }
}

pub(crate) const PROGRAM: Program = Program {
    name: "select-nil",
    source: Source { path: file!(), text: include_str!("select_nil.rs") },
    shows: "the disabled arm is never taken",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed(&[
        "taken from the second channel: 500",
        "switched on, the first has Ok(\"patient\")",
    ])
}
