//! `select!` goes on with the first channel that is ready. It waits for several at
//! once, and those that it did not choose are left as they were.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{channel, go, select, time};
use std::time::Duration;

fn main() {
    let (to_first, first) = channel(0);
    let (to_second, second) = channel(0);
    go(move || {
        time::sleep(Duration::from_secs(2));
        to_first.send("slow")
    });
    go(move || {
        time::sleep(Duration::from_secs(1));
        to_second.send("fast")
    });
    for _ in 0..2 {
        select! {
            recv(first) -> word => println!("from the first channel: {word:?}"),
            recv(second) -> word => {
                println!("from the second channel: {word:?}");
                break;
            }
        }
    }
    println!("still to come: {:?}", first.recv());
}

pub(crate) const PROGRAM: Program = Program {
    name: "select-two",
    source: Source { path: file!(), text: include_str!("select_two.rs") },
    shows: "the line of the channel that is ready, when it is ready",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed_at(&[
        (1.0, "from the second channel: Ok(\"fast\")"),
        (2.0, "still to come: Ok(\"slow\")"),
    ])
}
