//! Jobs at even intervals, each with a limit of its own, until SIGTERM, Ctrl-C or a given time; then those that are at work
//! are waited for, but not for ever.
//!
//! `cargo run --release -p gorge --example periodic_jobs [SECONDS]`; a fifth of one without

use std::time::Duration;

use gorge::context::{self, Context};
use gorge::signal::{self, Signal};
use gorge::sync::WaitGroup;
use gorge::time::Ticker;
use gorge::{channel, go, select};

/// Calls `job` each `period`, until the context is done. One call at a time: a period that passes meanwhile is left out.
fn every(
    ctx: &Context,
    running: &WaitGroup,
    period: Duration,
    job: impl Fn(&Context) + Send + 'static,
) {
    let ctx = ctx.clone();
    running.go(move || {
        let ticker = Ticker::new(period);
        loop {
            select! {
                recv(ctx.done()) -> _ => return,
                recv(ticker.chan()) -> _ => {
                    let (limited, cancel) = context::with_timeout(&ctx, period / 2);
                    let _cancel = cancel.guard();
                    job(&limited);
                }
            }
        }
    });
}

#[gorge::main]
fn main() {
    let (ctx, stop) =
        signal::notify_context(&context::background(), [Signal::TERMINATE, Signal::INTERRUPT]);
    let _stop = stop.guard();
    let seconds = std::env::args().nth(1).and_then(|word| word.parse().ok()).unwrap_or(0.2);
    let (ctx, cancel) = context::with_timeout(&ctx, Duration::from_secs_f64(seconds));
    let _cancel = cancel.guard();

    println!("working for {seconds} seconds, or until told to stop");
    let running = WaitGroup::new();
    let (tell, told) = channel(100);
    let clean = tell.clone();
    every(&ctx, &running, Duration::from_millis(20), move |_| _ = clean.try_send("cleaned up"));
    every(&ctx, &running, Duration::from_millis(50), move |ctx| {
        let saved = ctx.sleep(Duration::from_millis(5)); // writing takes a while
        _ = tell.try_send(if saved.is_ok() { "saved" } else { "not saved in time" });
    });

    ctx.done().recv().expect_err("a context sends nothing, it ends");
    println!("stopping: {}", ctx.cause().expect("it has ended"));
    let (all_ended, ended) = channel::<()>(0);
    go(move || {
        running.wait();
        drop(all_ended);
    });
    select! {
        recv(ended) -> _ => println!("everybody has stopped"),
        timeout(Duration::from_secs(30)) => println!("somebody does not stop; good bye"),
    }
    let done: Vec<&str> = told.iter().collect();
    let times = |what| done.iter().filter(|one| **one == what).count();
    println!("cleaned up {} times, saved {} times", times("cleaned up"), times("saved"));
}
