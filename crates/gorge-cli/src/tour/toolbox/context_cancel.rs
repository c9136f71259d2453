//! A context says "stop" to everybody who has it. Here it is cancelled after four
//! seconds by hand: work that takes three is done by then, work that takes longer is
//! given up; at four seconds both are ready, and either may win.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::context::{self, ContextError};
use gorge::{go, select, time};
use std::time::Duration;

fn work(seconds: u64) -> Result<(), ContextError> {
    let (ctx, cancel) = context::with_cancel(&context::background());
    go(move || {
        time::sleep(Duration::from_secs(4));
        cancel.cancel();
    });
    select! {
        recv(ctx.done()) -> _ => ctx.check(),
        timeout(Duration::from_secs(seconds)) => Ok(()),
    }
}

fn main() {
    for seconds in [3, 4, 5, 10] {
        match work(seconds) {
            Ok(()) => println!("{seconds} s of work: done"),
            Err(error) => println!("{seconds} s of work: {error}"),
        }
    }
}

pub(crate) const PROGRAM: Program = Program {
    name: "context-cancel",
    source: Source { path: file!(), text: include_str!("context_cancel.rs") },
    shows: "done after 3 s; either at 4 s; canceled at 4 s of the longer ones",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    let tie = run.one_of(1, &["4 s of work: done", "4 s of work: context canceled"])?;
    run.printed_at(&[
        (3.0, "3 s of work: done"),
        (7.0, tie),
        (11.0, "5 s of work: context canceled"),
        (15.0, "10 s of work: context canceled"),
    ])
}
