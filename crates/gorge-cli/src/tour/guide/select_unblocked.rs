//! A select with one arm is a receive. It waits until the channel is closed, five
//! seconds here.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{channel, go, select, time};
use std::time::Duration;

fn main() {
    let begun = time::now();
    let (closer, closed) = channel::<()>(0);
    go(move || {
        time::sleep(Duration::from_secs(5));
        closer.close()
    });
    println!("blocking on a receive");
    select! {
        recv(closed) -> _ => println!("unblocked after {} s", begun.elapsed().as_secs()),
    }
}

pub(crate) const PROGRAM: Program = Program {
    name: "select-unblocked",
    source: Source { path: file!(), text: include_str!("select_unblocked.rs") },
    shows: "unblocked after five seconds",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed_at(&[(0.0, "blocking on a receive"), (5.0, "unblocked after 5 s")])
}
