//! A condition variable wakes those who wait for it, one or all. A listener waits until
//! there are more clicks than it has seen; the lock is free while it waits, and held
//! again when it looks.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict, ensure};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::sync::{Condvar, Mutex, WaitGroup};

static CLICKS: Mutex<u32> = Mutex::new(0);
static CLICKED: Condvar = Condvar::new();

fn click() {
    *CLICKS.lock() += 1;
    CLICKED.broadcast();
}

/// Waits for the click after the first `seen`.
fn next_click(seen: u32) {
    let mut clicks = CLICKS.lock();
    CLICKED.wait_while(&mut clicks, |clicks| *clicks == seen);
}

fn main() {
    for number in 1..=2 {
        let reacted = WaitGroup::new();
        for what in ["maximize the window", "show a dialog box", "move the mouse"] {
            reacted.go(move || {
                next_click(number - 1);
                println!("click {number}: {what}");
            });
        }
        click();
        reacted.wait();
    }
}

pub(crate) const PROGRAM: Program = Program {
    name: "cond-broadcast",
    source: Source { path: file!(), text: include_str!("cond_broadcast.rs") },
    shows: "each of three listeners once per click",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    let lines = |click: u32| {
        ["maximize the window", "show a dialog box", "move the mouse"]
            .map(|what| format!("click {click}: {what}"))
    };
    run.printed_in_any_order(&[lines(1), lines(2)].concat())?;
    let first_three = run.texts().take(3).all(|line| line.starts_with("click 1"));
    ensure(first_three, || "the second click was to come after three reactions".to_owned())
}
