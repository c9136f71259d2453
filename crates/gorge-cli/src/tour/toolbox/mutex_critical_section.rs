//! What stands between lock and unlock is done by one goroutine at a time. Here each
//! holds the lock for a second, so five of them take five seconds; the value can be
//! reached through the guard only, and a read that forgets the lock does not compile.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::race::Shared;
use gorge::{sync::Mutex, sync::WaitGroup, time};
use std::time::Duration;

static COUNTER: Mutex<Shared<u32>> = Mutex::new(Shared::new(0));

fn change() {
    let counter = COUNTER.lock();
    time::sleep(Duration::from_secs(1));
    counter.update(|n| n + 1);
    println!("changed to {}", counter.get());
} // unlocked here

fn main() {
    let all = WaitGroup::new();
    println!("before: {}", COUNTER.lock().get());
    for _ in 0..5 {
        all.go(change);
    }
    all.wait();
    println!("after: {}", COUNTER.lock().get());
}

pub(crate) const PROGRAM: Program = Program {
    name: "mutex-critical-section",
    source: Source { path: file!(), text: include_str!("mutex_critical_section.rs") },
    shows: "one change a second, whoever makes it; five in the end; no race reported",
    scenes: &[
        Scene::titled("as it is", main, check),
        Scene {
            environment: &[("GORGE_RACE", "1")],
            ..Scene::titled("race detector", main, check)
        },
    ],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed_at(&[
        (0.0, "before: 0"),
        (1.0, "changed to 1"),
        (2.0, "changed to 2"),
        (3.0, "changed to 3"),
        (4.0, "changed to 4"),
        (5.0, "changed to 5"),
        (5.0, "after: 5"),
    ])
}
