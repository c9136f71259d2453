//! A deadline is a moment, and every context below inherits it. Here it is twice as
//! far away as the answer, so it never wins: the answer does, or the cancellation after
//! four seconds. Receiving with a context says which.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::context::{self, Context, RecvContextError, RecvCtx};
use gorge::{channel, go, time};
use std::time::Duration;

fn answer(ctx: &Context, delay: Duration) -> Result<&'static str, RecvContextError> {
    let (tx, answers) = channel(1); // room for an answer that nobody waits for any more
    go(move || {
        time::sleep(delay);
        tx.send("an answer")
    });
    answers.recv_ctx(ctx)
}

fn main() {
    for seconds in [3, 4, 5, 10] {
        let delay = Duration::from_secs(seconds);
        let moment = time::now() + 2 * delay;
        let (ctx, cancel) = context::with_deadline(&context::background(), moment);
        go(move || {
            time::sleep(Duration::from_secs(4));
            cancel.cancel();
        });
        match answer(&ctx, delay) {
            Ok(answer) => println!("in {seconds} s: {answer}"),
            Err(error) => println!("in {seconds} s: {error}"),
        }
    }
}

pub(crate) const PROGRAM: Program = Program {
    name: "context-deadline",
    source: Source { path: file!(), text: include_str!("context_deadline.rs") },
    shows: "the answer after 3 s; either at 4 s; canceled at 4 s of the longer ones",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    let tie = run.one_of(1, &["in 4 s: an answer", "in 4 s: context canceled"])?;
    run.printed_at(&[
        (3.0, "in 3 s: an answer"),
        (7.0, tie),
        (11.0, "in 5 s: context canceled"),
        (15.0, "in 10 s: context canceled"),
    ])
}
