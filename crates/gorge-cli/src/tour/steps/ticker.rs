//! A ticker sends the time at even intervals. How long the receiver takes between two
//! ticks does not move the next one, so nothing adds up.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::time::{self, Ticker};
use std::time::Duration;

fn main() {
    let ticker = Ticker::new(Duration::from_secs(60));
    for minute in 1..=5 {
        _ = ticker.chan().recv();
        println!("minute {minute}");
        time::sleep(Duration::from_secs(7 * minute));
    }
    ticker.stop();
}

pub(crate) const PROGRAM: Program = Program {
    name: "ticker",
    source: Source { path: file!(), text: include_str!("ticker.rs") },
    shows: "five ticks in five periods, without drift",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    let minutes = ["minute 1", "minute 2", "minute 3", "minute 4", "minute 5"];
    run.printed(&minutes)?;
    (1..).zip(minutes).try_for_each(|(n, line)| run.printed_once_at(60.0 * f64::from(n), line))
}
