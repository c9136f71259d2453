//! A buffered channel is a queue with a limit. A select with a default hears at once
//! that it is full, or empty, and can do something else.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{channel, select};

fn main() {
    let (accept, requests) = channel(5);
    for n in 0..10 {
        select! {
            send(accept, n * n) -> _ => println!("about to process {n}"),
            default => println!("no space for {n}"),
        }
    }
    loop {
        select! {
            recv(requests) -> square => println!("processed {square:?}"),
            default => return println!("nothing left"),
        }
    }
}

pub(crate) const PROGRAM: Program = Program {
    name: "buffered-queue",
    source: Source { path: file!(), text: include_str!("buffered_queue.rs") },
    shows: "five accepted, five refused, five processed, then nothing left",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    let accepted = (0..5).map(|n| format!("about to process {n}"));
    let refused = (5..10).map(|n| format!("no space for {n}"));
    let processed = (0..5).map(|n| format!("processed Ok({})", n * n));
    let lines: Vec<String> = accepted.chain(refused).chain(processed).collect();
    let mut lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    lines.push("nothing left");
    run.printed(&lines)
}
