//! A buffered channel can limit how many are at work. Who wants to begin puts something
//! in and waits while it is full; who is done takes something out.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{channel, sync::WaitGroup, time};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

const LIMIT: usize = 4;

fn main() {
    let (begin, end) = channel(LIMIT);
    let (at_work, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let workers = WaitGroup::new();
    for n in 0..=50 {
        _ = begin.send(());
        let (end, at_work, most) = (end.clone(), Arc::clone(&at_work), Arc::clone(&most));
        workers.go(move || {
            most.fetch_max(at_work.fetch_add(1, Relaxed) + 1, Relaxed);
            time::sleep(Duration::from_secs(1));
            println!("process {n}");
            at_work.fetch_sub(1, Relaxed);
            _ = end.recv();
        });
    }
    workers.wait();
    println!("at work at once: {}", most.load(Relaxed));
}

pub(crate) const PROGRAM: Program = Program {
    name: "queuing",
    source: Source { path: file!(), text: include_str!("queuing.rs") },
    shows: "never more than the limit at work, all 51 done",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    let mut lines: Vec<String> = (0..=50).map(|n| format!("process {n}")).collect();
    lines.push(format!("at work at once: {LIMIT}"));
    run.printed_in_any_order(&lines)?;
    run.printed_once_at(13.0, "process 50")
}
