//! Divide work into units of a tenth of a millisecond to a millisecond. Smaller ones
//! cost more than they do, larger ones leave a processor idle at the end; how many
//! processors there are does not matter. Each goroutine borrows the part of the
//! result that it fills in, so there is nothing to lock.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict, ensure};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{runtime, scope};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// The sum of u[i] * v[j] over all i + j = k.
fn element(u: &[f64], v: &[f64], k: usize) -> f64 {
    let first = k.saturating_sub(v.len() - 1);
    let last = k.min(u.len() - 1);
    (first..=last).map(|i| u[i] * v[k - i]).sum()
}

fn sequential(u: &[f64], v: &[f64]) -> Vec<f64> {
    (0..u.len() + v.len() - 1).map(|k| element(u, v, k)).collect()
}

fn parallel(u: &[f64], v: &[f64], at_once: &AtWork) -> Vec<f64> {
    let mut w = vec![0.0; u.len() + v.len() - 1];
    let unit = (1_000_000 / w.len()).max(1);
    scope(|s| {
        for (n, part) in w.chunks_mut(unit).enumerate() {
            s.go(move || {
                at_once.enter();
                for (k, element_k) in (n * unit..).zip(part) {
                    *element_k = element(u, v, k);
                }
                at_once.leave();
            });
        }
    });
    w
}

/// How many units are being computed, and the most there ever were.
#[derive(Default)]
struct AtWork {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl AtWork {
    fn enter(&self) {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
    }

    fn leave(&self) {
        self.now.fetch_sub(1, Ordering::Relaxed);
    }
}

fn main() {
    let u: Vec<f64> = (0..6_000).map(|i| f64::from(i % 17)).collect();
    let v: Vec<f64> = (0..6_000).map(|i| f64::from(i % 31)).collect();
    let begun = Instant::now();
    let expected = sequential(&u, &v);
    let alone = begun.elapsed();
    let (processors, at_once) = (runtime::gomaxprocs(0), AtWork::default());
    // The machine may have other things to do: then once more.
    let mut chances = 0..50;
    let (result, together) = loop {
        let begun = Instant::now();
        let result = parallel(&u, &v, &at_once);
        if at_once.most.load(Ordering::Relaxed) >= processors || chances.next().is_none() {
            break (result, begun.elapsed());
        }
    };
    println!("the same result: {}", result == expected);
    println!("one after the other {alone:.1?}, in parallel {together:.1?}");
    println!("processors: {processors}");
    println!("units at once: {}", at_once.most.into_inner());
}

pub(crate) const PROGRAM: Program = Program {
    name: "convolve",
    source: Source { path: file!(), text: include_str!("convolve.rs") },
    shows: "the sequential result, computed on all processors at once",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    let same = run.texts().next() == Some("the same result: true");
    ensure(same, || "the results were to be the same".to_owned())?;
    let (processors, at_once) = (run.number("processors: ")?, run.number("units at once: ")?);
    // With very many processors some are done before the last ones have begun.
    ensure(at_once >= processors.min(16.0), || {
        format!("{at_once} units ran at once on {processors} processors")
    })
}
