//! Who takes a lock again as soon as it is free leaves little to the others. The greedy
//! worker does three pieces of work at a time, the polite one each by itself, and lets
//! others run in between; a fair lock serves them in turn, which narrows the difference.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict, ensure};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::sync::Mutex;
use gorge::{runtime, scope, time};
use std::time::Duration;

/// A microsecond of work for each piece.
fn work(pieces: u64) {
    time::sleep(Duration::from_micros(pieces));
}

/// Turns of the two workers within a tenth of a second.
fn compete(lock: Mutex<()>) -> (u32, u32) {
    let end = time::now() + Duration::from_millis(100);
    let (mut greedy, mut polite) = (0, 0);
    scope(|s| {
        s.go(|| {
            while time::now() < end {
                let guard = lock.lock();
                work(3);
                drop(guard);
                greedy += 1;
            }
        });
        s.go(|| {
            while time::now() < end {
                for _ in 0..3 {
                    let guard = lock.lock();
                    work(1);
                    drop(guard);
                    runtime::gosched();
                }
                polite += 1;
            }
        });
    });
    (greedy, polite)
}

fn main() {
    runtime::gomaxprocs(1); // so that who unlocks is the first who can lock again
    for (kind, lock) in [("normal", Mutex::new(())), ("fair", Mutex::fair(()))] {
        let (greedy, polite) = compete(lock);
        println!("{kind} lock, greedy turns: {greedy}");
        println!("{kind} lock, polite turns: {polite}");
    }
}

pub(crate) const PROGRAM: Program = Program {
    name: "starvation",
    source: Source { path: file!(), text: include_str!("starvation.rs") },
    shows: "the greedy worker gets clearly more turns; a fair lock narrows it",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    let over = run.lines.last().map_or(0, |line| line.at.as_millis());
    ensure(over >= 200, || format!("twice a tenth of a second was over after {over} ms"))?;
    let ratio = |kind: &str| -> Result<f64, String> {
        let greedy = run.number(&format!("{kind} lock, greedy turns: "))?;
        let polite = run.number(&format!("{kind} lock, polite turns: "))?;
        Ok(greedy / polite.max(1.0))
    };
    let (normal, fair) = (ratio("normal")?, ratio("fair")?);
    ensure(normal > 10.0, || {
        format!("greed was to get clearly more, not {normal:.2} times as much")
    })?;
    ensure(fair < normal / 2.0, || format!("{normal:.2} was to be narrowed, not to {fair:.2}"))
}
