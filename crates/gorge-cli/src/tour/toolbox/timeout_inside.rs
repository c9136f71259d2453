//! A slow answer need not hold up the program. The select that waits for it waits no
//! longer than it wants to; a more patient one gets the answer.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Receiver, channel, go, select, time};
use std::time::Duration;

fn slow_answer(text: &'static str) -> Receiver<&'static str> {
    let (answer, answered) = channel(1);
    go(move || {
        time::sleep(Duration::from_secs(3));
        answer.send(text)
    });
    answered
}

fn main() {
    select! {
        recv(slow_answer("c1 OK")) -> text => println!("{}", text.unwrap_or_default()),
        timeout(Duration::from_secs(1)) => println!("timeout c1"),
    }
    select! {
        recv(slow_answer("c2 OK")) -> text => println!("{}", text.unwrap_or_default()),
        timeout(Duration::from_secs(4)) => println!("timeout c2"),
    }
}

pub(crate) const PROGRAM: Program = Program {
    name: "timeout-inside",
    source: Source { path: file!(), text: include_str!("timeout_inside.rs") },
    shows: "the first times out, the second answers",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed_at(&[(1.0, "timeout c1"), (4.0, "c2 OK")])
}
