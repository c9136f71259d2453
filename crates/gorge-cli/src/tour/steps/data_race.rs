//! Two additions at the same time may count as one. Each goroutine reads the number and
//! writes back one more, and nothing orders the two. A plain variable cannot be shared
//! like that in Rust; one made for it can, and the race detector (`GORGE_RACE=1`) sees it.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{End, Run, Verdict, ensure};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::race::Shared;
use gorge::{channel, go};

static N: Shared<i32> = Shared::new(0);

fn main() {
    let (done, wait) = channel::<()>(0);
    go(move || {
        N.update(|n| n + 1); // one
        drop(done);
    });
    N.update(|n| n + 1); // two
    _ = wait.recv();
    println!("{}", N.get());
}

pub(crate) const PROGRAM: Program = Program {
    name: "data-race",
    source: Source { path: file!(), text: include_str!("data_race.rs") },
    shows: "1 or 2, then the report of the race, `Found 1 data race(s)`, exit status 66",
    scenes: &[Scene { environment: &[("GORGE_RACE", "1")], ..Scene::only(main, check) }],
};

fn check(run: &Run) -> Verdict {
    run.printed(&["2"]).or_else(|_| run.printed(&["1"]))?;
    run.ended(End::Status(66))?;
    let mut rest = run.errors.as_str();
    for text in ["==\nWARNING: DATA RACE\n", " at 0x", "\nPrevious ", " at 0x", " created at:\n"] {
        let (_, after) = rest.split_once(text).ok_or(format!("the report was to say {text:?}"))?;
        rest = after;
    }
    ensure(rest.ends_with("==\nFound 1 data race(s)\n"), || "one race was to be found".to_owned())?;
    for by in [" by main goroutine:", " by goroutine "] {
        ensure(run.errors.contains(by), || format!("the report was to say {by:?}"))?;
    }
    for code in ["// one", "// two"] {
        let line = run.source.line_of(code).ok_or("the program has changed")?;
        let place = format!("data_race.rs:{line} ");
        ensure(run.errors.contains(&place), || format!("the report was to name {place:?}"))?;
    }
    Ok(())
}
