//! A semaphore lets so many at a time through. Taking all of its permits at the end
//! waits until everybody has given theirs back, as a wait group would.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict, ensure};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{go, sync::Semaphore, time};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

const WORKERS: usize = 4;

fn square(n: usize) -> usize {
    time::sleep(Duration::from_secs(1));
    n * n
}

fn main() {
    let places = Arc::new(Semaphore::new(WORKERS));
    let results: Arc<Vec<OnceLock<usize>>> = Arc::new((0..10).map(|_| OnceLock::new()).collect());
    let most = Arc::new(AtomicUsize::new(0));
    for n in 0..results.len() {
        let place = places.acquire_owned(1); // waits while four are at work
        most.fetch_max(WORKERS - places.available(), Ordering::Relaxed);
        let results = results.clone();
        go(move || {
            _ = results[n].set(square(n));
            drop(place);
        });
    }
    drop(places.acquire(WORKERS));
    for (n, result) in results.iter().enumerate() {
        println!("{n} -> {}", result.get().map_or("nothing".to_owned(), usize::to_string));
    }
    println!("at once: {}", most.load(Ordering::Relaxed));
}

pub(crate) const PROGRAM: Program = Program {
    name: "weighted-semaphore",
    source: Source { path: file!(), text: include_str!("weighted_semaphore.rs") },
    shows: "never more than four at work, all ten results after three seconds",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    let mut lines: Vec<String> = (0..10).map(|n| format!("{n} -> {}", n * n)).collect();
    lines.push("at once: 4".to_owned());
    let lines: Vec<(f64, &str)> = lines.iter().map(|line| (3.0, line.as_str())).collect();
    run.printed_at(&lines)?;
    ensure(run.number("at once: ")? == 4.0, || "four were to be at work at once".to_owned())
}
