//! A goroutine costs a few kilobytes. A hundred thousand of them wait here at the same
//! time for one close (a thousand where each must be an operating system's thread).

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict, ensure};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{channel, go, runtime, sync::WaitGroup};
use std::fs;

/// Memory of this process that is in use, in bytes.
fn resident() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    pages.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4096
}

fn main() {
    let threads = runtime::mode() == runtime::Mode::Thread;
    let count: i32 = if threads { 1_000 } else { 100_000 };
    let (gate, closed) = channel::<()>(0);
    let (started, ended) = (WaitGroup::new(), WaitGroup::new());
    started.add(count);
    ended.add(count);
    let before = resident();
    for _ in 0..count {
        let (closed, started, ended) = (closed.clone(), started.clone(), ended.clone());
        go(move || {
            started.done();
            _ = closed.recv();
            ended.done();
        });
    }
    started.wait();
    let each = resident().saturating_sub(before) / count.unsigned_abs() as u64;
    println!("started: {count}");
    println!("alive: {}", runtime::num_goroutine() - 1);
    println!("bytes each: {each}");
    drop(gate);
    ended.wait();
    println!("ended: {count}");
}

pub(crate) const PROGRAM: Program = Program {
    name: "hundred-thousand",
    source: Source { path: file!(), text: include_str!("hundred_thousand.rs") },
    shows: "all of them alive at once, all ended, some kilobytes each",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    let started = run.number("started: ")?;
    let expected = if runtime::mode() == runtime::Mode::Thread { 1_000.0 } else { 100_000.0 };
    ensure(started == expected, || format!("{started} were started, not {expected}"))?;
    for label in ["alive: ", "ended: "] {
        let number = run.number(label)?;
        ensure(number == started, || format!("{label}{number} was to be {started}"))?;
    }
    let each = run.number("bytes each: ")?;
    ensure((1.0..65_536.0).contains(&each), || format!("{each} bytes each is not a few kilobytes"))
}
