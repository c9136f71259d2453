//! Two locks taken in opposite order are a deadlock in waiting. The rest of the program
//! goes on, so nothing ends it; with `GORGE_DEADLOCK=1` the circle is reported when it
//! closes, with who holds what, and where it was taken.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{End, Run, Verdict, ensure};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::sync::{Barrier, Mutex};
use gorge::{go, time};
use std::time::Duration;

static A: Mutex<i32> = Mutex::new(1);
static B: Mutex<i32> = Mutex::new(2);
static BOTH_HAVE_ONE: Barrier = Barrier::new(2);

fn a_then_b() {
    let a = A.lock(); // the one takes this
    BOTH_HAVE_ONE.wait();
    let b = B.lock(); // held by the other
    println!("sum: {}", *a + *b);
}

fn b_then_a() {
    let b = B.lock(); // the other takes this
    BOTH_HAVE_ONE.wait();
    let a = A.lock(); // held by the one
    println!("sum: {}", *a + *b);
}

fn main() {
    go(a_then_b).detach();
    go(b_then_a).detach();
    for second in 1..=3 {
        time::sleep(Duration::from_secs(1));
        println!("still at work: {second}");
    }
}

pub(crate) const PROGRAM: Program = Program {
    name: "deadlock-mutex",
    source: Source { path: file!(), text: include_str!("deadlock_mutex.rs") },
    shows: "the circle of two goroutines and two locks, while the program goes on for 3 s",
    scenes: &[Scene { environment: &[("GORGE_DEADLOCK", "1")], ..Scene::only(main, check) }],
};

fn check(run: &Run) -> Verdict {
    run.printed_at(&[
        (1.0, "still at work: 1"),
        (2.0, "still at work: 2"),
        (3.0, "still at work: 3"),
    ])?;
    run.ended(End::Status(0))?;
    let line = |code| run.source.line_of(code).ok_or("the program has changed");
    let (a, b) = (line("// the one takes this")?, line("// the other takes this")?);
    let (then_b, then_a) = (line("// held by the other")?, line("// held by the one")?);
    let mut rest = run.errors.as_str();
    for part in [
        "WARNING: DEADLOCK: 2 wait for each other",
        "waits to lock 0x",
        "has since",
        "waits to lock 0x",
        "has since",
    ] {
        let (_, after) = rest.split_once(part).ok_or(format!("the report was to say {part:?}"))?;
        rest = after;
    }
    for number in [a, b, then_a, then_b] {
        let place = format!("deadlock_mutex.rs:{number}\n");
        ensure(run.errors.contains(&place), || format!("the report was to name {place:?}"))?;
    }
    Ok(())
}
