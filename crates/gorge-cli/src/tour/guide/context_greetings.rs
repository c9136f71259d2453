//! What cannot be done in time need not be begun. The greeting has a second and knows
//! that it would take a minute, so it fails at once; that cancels the farewell, which
//! had all the time in the world.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::context::{self, Context, ContextError};
use gorge::sync::WaitGroup;
use gorge::time;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

fn locale(ctx: &Context) -> Result<&'static str, ContextError> {
    if ctx.deadline().is_some_and(|deadline| deadline < time::now() + MINUTE) {
        return Err(ContextError::DeadlineExceeded);
    }
    ctx.sleep(MINUTE)?;
    Ok("EN/US")
}

fn greeting(ctx: &Context) -> Result<String, ContextError> {
    let (ctx, cancel) = context::with_timeout(ctx, Duration::from_secs(1));
    let _cancel = cancel.guard();
    locale(&ctx).map(|locale| format!("hello world! ({locale})"))
}

fn farewell(ctx: &Context) -> Result<String, ContextError> {
    locale(ctx).map(|locale| format!("goodbye world! ({locale})"))
}

fn main() {
    let (ctx, cancel) = context::with_cancel(&context::background());
    let both = WaitGroup::new();
    let for_farewell = ctx.clone();
    both.go(move || match farewell(&for_farewell) {
        Ok(text) => println!("{text}"),
        Err(error) => println!("cannot print the farewell: {error}"),
    });
    both.go(move || match greeting(&ctx) {
        Ok(text) => println!("{text}"),
        Err(error) => {
            println!("cannot print the greeting: {error}");
            cancel.cancel();
        }
    });
    both.wait();
}

pub(crate) const PROGRAM: Program = Program {
    name: "context-greetings",
    source: Source { path: file!(), text: include_str!("context_greetings.rs") },
    shows: "the greeting fails at once, the farewell is cancelled, and no time has passed",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed_at(&[
        (0.0, "cannot print the greeting: context deadline exceeded"),
        (0.0, "cannot print the farewell: context canceled"),
    ])
}
