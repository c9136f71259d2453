//! Ask several and take the first answer. The buffer has room for the others, so they
//! end as well and nobody waits for ever to be heard.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{channel, go, runtime, time};
use std::time::Duration;

fn request(mirror: &'static str, seconds: u64) -> &'static str {
    time::sleep(Duration::from_secs(seconds));
    mirror
}

fn mirrored_query() -> &'static str {
    let (answers, answer) = channel(3);
    for (mirror, seconds) in [("asia", 3), ("europe", 1), ("americas", 2)] {
        let answers = answers.clone();
        go(move || answers.send(request(mirror, seconds)));
    }
    answer.recv().unwrap_or_default()
}

fn main() {
    println!("{} was the quickest", mirrored_query());
    time::sleep(Duration::from_secs(5));
    println!("goroutines left: {}", runtime::num_goroutine());
}

pub(crate) const PROGRAM: Program = Program {
    name: "mirrored-query",
    source: Source { path: file!(), text: include_str!("mirrored_query.rs") },
    shows: "the quickest answer, and no goroutine left behind",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed_at(&[(1.0, "europe was the quickest"), (6.0, "goroutines left: 1")])
}
