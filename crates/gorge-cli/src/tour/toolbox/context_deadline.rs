//! A deadline is a moment, and every context below inherits it. Here it is twice as
//! far away as the work is long, so it never wins: the work does, or the cancellation
//! after four seconds.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict, ensure};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::context::{self, Context};
use gorge::{go, select, time};
use std::time::Duration;

fn wait_for(delay: u64) {
    let deadline = time::now() + Duration::from_secs(2 * delay);
    let (ctx, cancel) = context::with_deadline(&context::background(), deadline);
    let (below, _keep) = context::with_cancel(&ctx);
    assert_eq!(below.deadline(), Some(deadline));
    go(move || {
        time::sleep(Duration::from_secs(4));
        cancel.cancel();
    });
    select! {
        recv(ctx.done()) -> _ => println!("after {delay} s of work: {}", reason(&ctx)),
        timeout(Duration::from_secs(delay)) => println!("after {delay} s of work: done"),
    }
}

/// Why it has ended.
fn reason(ctx: &Context) -> String {
    ctx.err().map_or("not over".to_owned(), |end| end.to_string())
}

fn main() {
    [3, 4, 5, 10].into_iter().for_each(wait_for);
}

pub(crate) const PROGRAM: Program = Program {
    name: "context-deadline",
    source: Source { path: file!(), text: include_str!("context_deadline.rs") },
    shows: "done after 3 s; either at 4 s; canceled at 4 s of the longer ones",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    let lines: Vec<&str> = run.texts().collect();
    let either = ["after 4 s of work: done", "after 4 s of work: context canceled"];
    let tie = lines.get(1).copied().unwrap_or_default();
    ensure(either.contains(&tie), || format!("{tie:?} is neither end of the tie"))?;
    run.printed_at(&[
        (3.0, "after 3 s of work: done"),
        (7.0, tie),
        (11.0, "after 5 s of work: context canceled"),
        (15.0, "after 10 s of work: context canceled"),
    ])
}
