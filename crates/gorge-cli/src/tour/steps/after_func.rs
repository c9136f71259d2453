//! Something can be arranged to happen later, and called off in time. `after_func`
//! runs its function in a goroutine of its own, unless the timer it gives back is
//! stopped before.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::time;
use std::time::Duration;

fn work(name: &'static str, seconds: u64) {
    let alarm = time::after_func(Duration::from_secs(60), move || {
        println!("{name} takes longer than a minute");
    });
    time::sleep(Duration::from_secs(seconds));
    println!("{name} is done, called off in time: {}", alarm.stop());
}

fn main() {
    work("heavy work", 90);
    work("light work", 30);
    time::sleep(Duration::from_secs(300));
    println!("nothing more was heard");
}

pub(crate) const PROGRAM: Program = Program {
    name: "after-func",
    source: Source { path: file!(), text: include_str!("after_func.rs") },
    shows: "it happens once when it is not called off, and never when it is",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed_at(&[
        (60.0, "heavy work takes longer than a minute"),
        (90.0, "heavy work is done, called off in time: false"),
        (120.0, "light work is done, called off in time: true"),
        (420.0, "nothing more was heard"),
    ])
}
