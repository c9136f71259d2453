//! Goroutines run on processors, and processors on threads. All of these are started on
//! one processor's own queue; the others steal from there, and whoever blocks in the
//! system loses the processor to another thread. The table shows who ran where.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict, ensure};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{go, runtime, sync::Mutex};
use std::collections::BTreeMap;
use std::fs;
use std::hint::spin_loop;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Which thread of the operating system runs the caller now.
fn thread() -> PathBuf {
    fs::read_link("/proc/thread-self").unwrap_or_default()
}

static RAN: Mutex<BTreeMap<PathBuf, [u32; 2]>> = Mutex::new(BTreeMap::new());

fn compute() {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_micros(300) {
        spin_loop();
    }
    RAN.lock().entry(thread()).or_default()[0] += 1;
}

fn block() {
    std::thread::sleep(Duration::from_millis(20)); // blocks the thread, not the others
    RAN.lock().entry(thread()).or_default()[1] += 1;
}

fn work() {
    let work: Vec<_> = (0..200).map(|n| go(if n % 10 == 0 { block } else { compute })).collect();
    work.into_iter().for_each(|goroutine| _ = goroutine.join());
}

fn main() {
    runtime::gomaxprocs(4);
    let mut before = runtime::stats();
    work();
    let mut after = runtime::stats();
    // The machine may have had one thread at a time for us: then once more.
    for _ in 0..50 {
        if after.stolen > before.stolen && after.handoffs > before.handoffs {
            break;
        }
        RAN.lock().clear();
        before = after;
        work();
        after = runtime::stats();
    }
    println!("processors: {}", runtime::gomaxprocs(0));
    println!("{:>8}  {:>8}  {:>7}", "thread", "computed", "blocked");
    for (n, [computed, blocked]) in RAN.lock().values().enumerate() {
        println!("{:>8}  {computed:>8}  {blocked:>7}", n + 1);
    }
    println!("all: {}", RAN.lock().values().flatten().sum::<u32>());
    println!("stolen: {}", after.stolen - before.stolen);
    println!("processors handed off: {}", after.handoffs - before.handoffs);
    let (blocked, computing) = (
        after.handoffs_blocked - before.handoffs_blocked,
        after.handoffs_computing - before.handoffs_computing,
    );
    println!("  by who blocked: {blocked}, by who computed: {computing}");
    println!("wakeups: {}", after.wakeups - before.wakeups);
}

pub(crate) const PROGRAM: Program = Program {
    name: "scheduler",
    source: Source { path: file!(), text: include_str!("scheduler.rs") },
    shows: "200 goroutines on several threads, with steals and hand-offs counted",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    ensure(run.number("all: ")? == 200.0, || "all 200 were to run".to_owned())?;
    let rows = run.texts().skip(2).take_while(|line| !line.starts_with("all: ")).count();
    ensure(rows > 1, || format!("they ran on {rows} thread"))?;
    for label in ["stolen: ", "processors handed off: "] {
        let number = run.number(label)?;
        ensure(number >= 1.0, || format!("{label:?} was to be at least 1, not {number}"))?;
    }
    Ok(())
}
