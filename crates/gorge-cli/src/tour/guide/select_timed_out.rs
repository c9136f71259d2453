//! When no channel is ever ready, a time-out is what ends the wait. `time::after` gives
//! a channel that gets ready later, for any select that needs one.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Receiver, select, time};
use std::time::Duration;

fn main() {
    let never = Receiver::<()>::nil();
    select! {
        recv(never) -> _ => println!("a nil channel was ready"),
        recv(time::after(Duration::from_secs(1))) -> _ => println!("timed out"),
    }
}

pub(crate) const PROGRAM: Program = Program {
    name: "select-timed-out",
    source: Source { path: file!(), text: include_str!("select_timed_out.rs") },
    shows: "timed out after one second",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed_at(&[(1.0, "timed out")])
}
