//! A context with a time limit ends by itself. It ends at the limit or when it is
//! cancelled, whichever comes first; here the limit is as long as the work, so that up
//! to four seconds either may win, and after that the cancellation does.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict, ensure};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::context::{self, Context};
use gorge::{go, select, time};
use std::time::Duration;

fn wait_for(delay: u64) {
    let limit = Duration::from_secs(delay);
    let (ctx, cancel) = context::with_timeout(&context::background(), limit);
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
    name: "context-timeout",
    source: Source { path: file!(), text: include_str!("context_timeout.rs") },
    shows: "a tie of work and limit at 3 s; a tie of three at 4 s; canceled at 4 s of the longer ones",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    let lines: Vec<&str> = run.texts().collect();
    let line = |n: usize| lines.get(n).copied().unwrap_or_default();
    let ends = |line: &str, ends: &[&str]| {
        let end = line.rsplit(": ").next().unwrap_or_default();
        ensure(ends.contains(&end), || format!("{line:?} was to end with one of {ends:?}"))
    };
    ends(line(0), &["done", "context deadline exceeded"])?;
    ends(line(1), &["done", "context deadline exceeded", "context canceled"])?;
    run.printed_at(&[
        (3.0, line(0)),
        (7.0, line(1)),
        (11.0, "after 5 s of work: context canceled"),
        (15.0, "after 10 s of work: context canceled"),
    ])
}
