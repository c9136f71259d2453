//! A goroutine can put off an event while its caller goes on. `publish` starts one
//! that sleeps and then prints, and returns at once.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{go, time};
use std::time::Duration;

fn publish(text: &'static str, delay: Duration) {
    go(move || {
        time::sleep(delay);
        println!("BREAKING NEWS: {text}");
    });
}

fn main() {
    publish("goroutines take their time", Duration::from_secs(5));
    println!("Let's hope the news comes before I leave now.");
    time::sleep(Duration::from_secs(10));
    println!("Ten seconds later: I leave now.");
}

pub(crate) const PROGRAM: Program = Program {
    name: "publish",
    source: Source { path: file!(), text: include_str!("publish.rs") },
    shows: "three lines in this order, five seconds apart, the first at once",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed_at(&[
        (0.0, "Let's hope the news comes before I leave now."),
        (5.0, "BREAKING NEWS: goroutines take their time"),
        (10.0, "Ten seconds later: I leave now."),
    ])
}
