//! A context with a time limit ends by itself. It ends at the limit or when it is
//! cancelled, whichever comes first: a nap of as long as the limit ends with the limit,
//! and from four seconds on with the cancellation.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::context::{self, Context};
use gorge::{go, time};
use std::time::Duration;

/// Sleeps as long as the context lives, if it lives that long.
fn nap(ctx: &Context, limit: Duration) -> String {
    match ctx.sleep(2 * limit) {
        Ok(()) => "slept well".to_owned(),
        Err(error) => error.to_string(),
    }
}

fn main() {
    for seconds in [3, 4, 5, 10] {
        let limit = Duration::from_secs(seconds);
        let (ctx, cancel) = context::with_timeout(&context::background(), limit);
        go(move || {
            time::sleep(Duration::from_secs(4));
            cancel.cancel();
        });
        println!("limit {seconds} s: {}", nap(&ctx, limit));
    }
}

pub(crate) const PROGRAM: Program = Program {
    name: "context-timeout",
    source: Source { path: file!(), text: include_str!("context_timeout.rs") },
    shows: "the limit at 3 s; either at 4 s; canceled at 4 s of the longer ones",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    const LIMIT: &str = "limit 4 s: context deadline exceeded";
    let tie = run.one_of(1, &[LIMIT, "limit 4 s: context canceled"])?;
    run.printed_at(&[
        (3.0, "limit 3 s: context deadline exceeded"),
        (7.0, tie),
        (11.0, "limit 5 s: context canceled"),
        (15.0, "limit 10 s: context canceled"),
    ])
}
