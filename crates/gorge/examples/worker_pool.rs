//! A pool of workers with progress: jobs that take long, four at a time, and a line that says how far they are.
//! SIGTERM or Ctrl-C gives up what has not begun.
//!
//! `cargo run --release -p gorge --example worker_pool`

use std::time::Duration;

use gorge::context::Context;
use gorge::patterns::as_they_come;
use gorge::signal::{self, Signal};
use gorge::time::{Ticker, sleep};
use gorge::{context, select};

/// Stands for something that takes long: the thumbnail of a picture.
fn thumbnail(picture: u32) -> Result<u32, String> {
    sleep(Duration::from_millis(5 + u64::from(picture % 7)));
    if picture == 13 { Err("picture 13 is damaged".to_owned()) } else { Ok(picture * 100) }
}

/// How many succeeded and failed before the context was done.
fn work(ctx: &Context, pictures: u32) -> (u32, u32) {
    let results = as_they_come(ctx, 4, 1..=pictures, thumbnail).expect("four is not none");
    let progress = Ticker::new(Duration::from_millis(25));
    let (mut good, mut bad) = (0, 0);
    loop {
        select! {
            recv(results.rx()) -> result => match result {
                Ok(Ok(_thumbnail)) => good += 1,
                Ok(Err(error)) => {
                    bad += 1;
                    eprintln!("{error}");
                }
                Err(_) => return (good, bad), // all are done, or it is over
            },
            recv(progress.chan()) -> _ => eprintln!("{} of {pictures} done", good + bad),
        }
    }
}

#[gorge::main]
fn main() {
    let (ctx, stop) =
        signal::notify_context(&context::background(), [Signal::TERMINATE, Signal::INTERRUPT]);
    let _stop = stop.guard();
    let (good, bad) = work(&ctx, 100);
    println!("{good} thumbnails, {bad} failed");
    assert!(ctx.err().is_some() || (good, bad) == (99, 1));
}
