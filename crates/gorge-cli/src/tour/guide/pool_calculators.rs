//! A pool keeps what is costly to make for the next one who needs it. About a million
//! goroutines borrow a buffer here, and a handful of buffers is enough (ten thousand
//! goroutines where each must be an operating system's thread).

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict, ensure};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::sync::{Pool, WaitGroup};
use gorge::{go, runtime};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

fn main() {
    let (made, got_memory) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let count = made.clone();
    let calculators = Arc::new(Pool::new(move || {
        count.fetch_add(1, Relaxed);
        vec![0_u8; 1024]
    }));
    let threads = runtime::mode() == runtime::Mode::Thread;
    let workers = if threads { 10_000 } else { 1024 * 1024 };
    let all = WaitGroup::new();
    all.add(workers);
    for _ in 0..workers {
        let (all, got_memory) = (all.clone(), got_memory.clone());
        let calculators = calculators.clone();
        go(move || {
            let memory = calculators.borrow(); // put back when dropped
            got_memory.fetch_add(u64::from(memory.len() == 1024), Relaxed);
            drop(memory);
            all.done();
        });
    }
    all.wait();
    println!("workers: {workers}");
    println!("got memory: {}", got_memory.load(Relaxed));
    println!("calculators made: {}", made.load(Relaxed));
}

pub(crate) const PROGRAM: Program = Program {
    name: "pool-calculators",
    source: Source { path: file!(), text: include_str!("pool_calculators.rs") },
    shows: "memory for every worker, out of a handful to a few thousand buffers",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    let (workers, got) = (run.number("workers: ")?, run.number("got memory: ")?);
    let threads = runtime::mode() == runtime::Mode::Thread;
    ensure(workers >= if threads { 10_000.0 } else { 1_000_000.0 }, || {
        format!("{workers} is not about a million")
    })?;
    ensure(got == workers, || format!("{got} of {workers} got memory"))?;
    let made = run.number("calculators made: ")?;
    ensure((1.0..10_000.0).contains(&made), || format!("{made} calculators is not a few"))
}
