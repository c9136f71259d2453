//! A close is heard by every receiver at once. A send reaches one of those who wait;
//! closing the channel releases all of them, however many.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{channel, sync::WaitGroup, time};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

fn main() {
    let (gate, closed) = channel::<()>(0);
    let released = Arc::new(AtomicU32::new(0));
    let runners = WaitGroup::new();
    for _ in 0..1_000 {
        let (closed, released) = (closed.clone(), Arc::clone(&released));
        runners.go(move || {
            _ = closed.recv();
            released.fetch_add(1, Ordering::Relaxed);
        });
    }
    time::sleep(Duration::from_secs(5));
    println!("released before: {}", released.load(Ordering::Relaxed));
    gate.close();
    runners.wait();
    println!("released after: {}", released.load(Ordering::Relaxed));
}

pub(crate) const PROGRAM: Program = Program {
    name: "broadcast",
    source: Source { path: file!(), text: include_str!("broadcast.rs") },
    shows: "all of a thousand waiters released by one close",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed_at(&[(5.0, "released before: 0"), (5.0, "released after: 1000")])
}
