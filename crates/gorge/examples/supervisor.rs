//! A supervisor with heartbeats: a worker that shows no sign of life for too long is given up, and another one takes
//! its place, until the work is done or time is up.
//!
//! `cargo run --release -p gorge --example supervisor`

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use gorge::context::{self, Context};
use gorge::patterns::{Heart, supervise};

const UNITS: usize = 30;

/// The work, which survives those who do it.
#[derive(Default)]
struct Work {
    done: AtomicUsize,
    workers: AtomicU32,
}

/// Does what is left, with a beat before each unit. The first two get stuck on the way.
fn worker(ctx: &Context, heart: &Heart, work: &Work) -> bool {
    let number = work.workers.fetch_add(1, Relaxed) + 1;
    println!("worker {number} begins at unit {}", work.done.load(Relaxed));
    while work.done.load(Relaxed) < UNITS {
        heart.beat();
        if number <= 2 && work.done.load(Relaxed) >= 10 * number as usize {
            println!("worker {number} is stuck");
            ctx.done().recv().expect_err("a context sends nothing, it ends");
            return false;
        }
        if ctx.sleep(Duration::from_millis(1)).is_err() {
            return false;
        }
        // Who was given up may be at it still, beside who has taken its place.
        let one_more = |done: usize| (done < UNITS).then_some(done + 1);
        _ = work.done.fetch_update(Relaxed, Relaxed, one_more);
    }
    true
}

#[gorge::main]
fn main() {
    let (ctx, cancel) = context::with_timeout(&context::background(), Duration::from_secs(60));
    let _cancel = cancel.guard();
    let work = Arc::new(Work::default());
    let theirs = work.clone();
    let patience = Duration::from_millis(500);
    let outcome = supervise(&ctx, patience, move |ctx, heart| worker(ctx, heart, &theirs));
    println!("{} of {UNITS} units; (finished, given up): {outcome:?}", work.done.load(Relaxed));
    assert_eq!(work.done.load(Relaxed), UNITS);
    assert!(matches!(outcome, Ok((true, given_up)) if given_up >= 2));
}
