//! A select without arms waits for ever. That is a way to keep main from returning
//! while others work; when there are no others any more, it is a deadlock.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{go, select, time};
use std::time::Duration;

fn main() {
    go(|| {
        for hour in 1..=3 {
            time::sleep(Duration::from_secs(3600));
            println!("hour {hour}, and all is well");
        }
    });
    select! {}
}

pub(crate) const PROGRAM: Program = Program {
    name: "select-forever",
    source: Source { path: file!(), text: include_str!("select_forever.rs") },
    shows: "others go on meanwhile; alone it is a deadlock `[select (no cases)]`",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.printed_at(&[
        (3600.0, "hour 1, and all is well"),
        (7200.0, "hour 2, and all is well"),
        (10_800.0, "hour 3, and all is well"),
    ])?;
    run.deadlocked("select (no cases)", "select! {}")
}
