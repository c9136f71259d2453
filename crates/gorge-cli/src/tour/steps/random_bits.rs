//! A select chooses at random among the arms that are ready. Two sends on the same
//! channel are always ready together, so this one throws a coin.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict, ensure};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{channel, go, select};

fn main() {
    let (throw, coin) = channel(0);
    go(move || {
        loop {
            let thrown = select! {
                send(throw, 0) -> thrown => thrown,
                send(throw, 1) -> thrown => thrown,
            };
            if thrown.is_err() {
                return;
            }
        }
    });
    let ones: u32 = coin.iter().take(100_000).sum();
    println!("zeros: {}", 100_000 - ones);
    println!("ones: {ones}");
}

pub(crate) const PROGRAM: Program = Program {
    name: "random-bits",
    source: Source { path: file!(), text: include_str!("random_bits.rs") },
    shows: "of 100,000 draws half are zeros, within six standard deviations",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    let (zeros, ones) = (run.number("zeros: ")?, run.number("ones: ")?);
    ensure(zeros + ones == 100_000.0, || format!("{zeros} and {ones} are not 100,000 draws"))?;
    let deviation = (100_000.0_f64 / 4.0).sqrt();
    let off = (zeros - 50_000.0).abs() / deviation;
    ensure(off <= 6.0, || format!("{zeros} zeros are {off:.1} standard deviations off"))
}
