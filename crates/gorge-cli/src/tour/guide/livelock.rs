//! Two who make way for each other at the same moment get nowhere. That is a livelock:
//! both are busy, nobody waits for ever, and no report will say so; here each gives up
//! after five tries.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::sync::{Condvar, Mutex, WaitGroup};
use gorge::{go, time};
use std::sync::atomic::{AtomicI32, Ordering::SeqCst};
use std::time::Duration;

/// How many go left at the moment, and how many right.
static SIDES: [(&str, AtomicI32); 2] = [("left", AtomicI32::new(0)), ("right", AtomicI32::new(0))];
static BEATS: Mutex<u64> = Mutex::new(0);
static BEAT: Condvar = Condvar::new();

/// Waits for the next beat: everybody steps at the same time.
fn take_step() {
    let mut beats = BEATS.lock();
    let now = *beats;
    BEAT.wait_while(&mut beats, |beats| *beats == now);
}

fn walk(name: &str) {
    let mut story = format!("{name} tries:");
    for _ in 0..5 {
        for (side, going) in &SIDES {
            story.push(' ');
            story.push_str(side);
            going.fetch_add(1, SeqCst);
            take_step();
            if going.load(SeqCst) == 1 {
                return println!("{story}, and is through");
            }
            take_step();
            going.fetch_sub(1, SeqCst);
        }
    }
    println!("{story}, and gives up");
}

fn main() {
    go(|| {
        for _ in time::tick(Duration::from_millis(1)) {
            *BEATS.lock() += 1;
            BEAT.broadcast();
        }
    });
    let hallway = WaitGroup::new();
    hallway.go(|| walk("Alice"));
    hallway.go(|| walk("Barbara"));
    hallway.wait();
}

pub(crate) const PROGRAM: Program = Program {
    name: "livelock",
    source: Source { path: file!(), text: include_str!("livelock.rs") },
    shows: "both give up after five tries each",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    let tries = "left right ".repeat(5);
    let story = |name: &str| format!("{name} tries: {}, and gives up", tries.trim_end());
    run.printed_in_any_order(&[story("Alice"), story("Barbara")])?;
    let at = run.lines.first().map_or(0.0, |line| line.at.as_secs_f64());
    run.printed_once_at(at.max(0.020), &story("Alice"))
}
