//! A wait that knows no time-out can be given one from outside. A goroutine does the
//! waiting and closes a channel when it is over; the caller selects.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{channel, go, select, sync::WaitGroup, time};
use std::time::Duration;

/// Waits for `work`, but no longer than `patience`: whether it was in time.
fn finished_within(work: &WaitGroup, patience: Duration) -> bool {
    let (over, wait) = channel::<()>(0);
    let work = work.clone();
    go(move || {
        work.wait();
        drop(over);
    });
    select! {
        recv(wait) -> _ => true,
        timeout(patience) => false,
    }
}

fn main() {
    for (name, patience) in [("c1", 5), ("c2", 15)] {
        let work = WaitGroup::new();
        work.go(|| time::sleep(Duration::from_secs(10)));
        match finished_within(&work, Duration::from_secs(patience)) {
            true => println!("{name} OK"),
            false => println!("timeout {name}"),
        }
    }
}

pub(crate) const PROGRAM: Program = Program {
    name: "timeout-outside",
    source: Source { path: file!(), text: include_str!("timeout_outside.rs") },
    shows: "too impatient first, in time then",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed_at(&[(5.0, "timeout c1"), (15.0, "c2 OK")])
}
