//! Fan out: several workers take from one channel. Fan in: their results come together
//! on another. Each item is taken by exactly one of them.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Receiver, Sender, channel, go};

fn worker(number: u32, work: Receiver<u32>, results: Sender<(u32, u32)>) {
    for item in work {
        _ = results.send((number, item * 2));
    }
}

fn main() {
    let (work_in, work) = channel(5);
    let (results_in, results) = channel(5);
    for number in 1..=3 {
        let (work, results_in) = (work.clone(), results_in.clone());
        go(move || worker(number, work, results_in));
    }
    drop(results_in);
    for item in 1..=5 {
        _ = work_in.send(item);
    }
    drop(work_in);
    for (_worker, result) in results {
        println!("result {result}");
    }
}

pub(crate) const PROGRAM: Program = Program {
    name: "fan-out-fan-in",
    source: Source { path: file!(), text: include_str!("fan_out_fan_in.rs") },
    shows: "each item once",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed_in_any_order(&["result 2", "result 4", "result 6", "result 8", "result 10"])
}
