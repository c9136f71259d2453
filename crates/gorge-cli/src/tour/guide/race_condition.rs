//! To check and then to act is two steps, and others may come in between. Exploration runs
//! every order that matters and so sees all three outcomes; the race detector needs one
//! run, of any order, to say that nothing orders the two.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{End, Run, Verdict, ensure};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::go;
use gorge::race::Shared;
use gorge::sync::atomic::{AtomicI32, Ordering::SeqCst};
use gorge::testing::explore;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// What is seen of a number that somebody else adds one to.
fn check_then_act<N: Send + Sync + 'static>(
    data: N,
    get: fn(&N) -> i32,
    add: fn(&N),
) -> &'static str {
    let data = Arc::new(data);
    let theirs = data.clone();
    let other = go(move || add(&theirs));
    let seen = match get(&data) {
        0 if get(&data) == 0 => "the value is 0",
        0 => "the value was 0, and is 1",
        _ => "nothing to do",
    };
    _ = other.join();
    seen
}

fn every_order() {
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let all = seen.clone();
    let explored = explore().exhaustive().run(move || {
        let get = |n: &AtomicI32| n.load(SeqCst);
        let outcome = check_then_act(AtomicI32::new(0), get, |n| _ = n.fetch_add(1, SeqCst));
        all.lock().unwrap_or_else(|error| error.into_inner()).insert(outcome);
    });
    println!("all of them: {}", explored.complete);
    for outcome in seen.lock().unwrap_or_else(|error| error.into_inner()).iter() {
        println!("{outcome}");
    }
}

fn detected() {
    check_then_act(Shared::new(0), Shared::get, |n| n.update(|n| n + 1));
    println!("the program ends as usual, but for its status");
}

pub(crate) const PROGRAM: Program = Program {
    name: "race-condition",
    source: Source { path: file!(), text: include_str!("race_condition.rs") },
    shows: "three outcomes of one program; a report of the detector, and exit status 66",
    scenes: &[
        Scene::titled("exploration", every_order, three),
        Scene {
            environment: &[("GORGE_RACE", "1")],
            ..Scene::titled("race detector", detected, reported)
        },
    ],
};

fn three(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed(&[
        "all of them: true",
        "nothing to do",
        "the value is 0",
        "the value was 0, and is 1",
    ])
}

fn reported(run: &Run) -> Verdict {
    run.ended(End::Status(66))?;
    run.printed(&["the program ends as usual, but for its status"])?;
    for part in ["WARNING: DATA RACE", "race_condition.rs:", " data race(s)"] {
        ensure(run.errors.contains(part), || format!("the report was to contain {part:?}"))?;
    }
    Ok(())
}
