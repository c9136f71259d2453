//! In a loop each turn has its own time-out. Values keep it from running out; when
//! they stop, the loop ends five seconds later.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{channel, go, select, time};
use std::time::Duration;

fn main() {
    let (sender, values) = channel(0);
    let (over, wait) = channel::<()>(0);
    go(move || {
        loop {
            select! {
                recv(values) -> value => println!("{value:?}"),
                timeout(Duration::from_secs(5)) => break println!("timeout"),
            }
        }
        drop(over);
    });
    for value in 1..=3 {
        time::sleep(Duration::from_secs(4));
        _ = sender.send(value);
    }
    _ = wait.recv();
}

pub(crate) const PROGRAM: Program = Program {
    name: "select-timeout-loop",
    source: Source { path: file!(), text: include_str!("select_timeout_loop.rs") },
    shows: "the values, then the time-out five seconds after the last",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed_at(&[(4.0, "Ok(1)"), (8.0, "Ok(2)"), (12.0, "Ok(3)"), (17.0, "timeout")])
}
