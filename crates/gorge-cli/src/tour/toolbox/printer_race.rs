//! Who receives should not close. This one closes when nothing is left in the channel,
//! and that goes well nearly always; exploration runs the same program in many orders,
//! finds one in which a sender comes too late, and can run just that one again.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::testing::{Explore, explore};
use gorge::{Chan, go};

fn print_all() {
    let c = Chan::new(5);
    for n in 1..=2 {
        let c = c.clone();
        go(move || c.send(n)).detach();
    }
    while c.try_recv().is_ok() {}
    c.close(); // nothing left; or has somebody not begun yet?
}

fn try_out(exploration: Explore) -> Option<String> {
    match exploration.check(print_all) {
        Ok(_) => {
            println!("nothing found");
            None
        }
        Err(failure) => {
            println!("found: {}", failure.what);
            Some(failure.schedule)
        }
    }
}

fn main() {
    if let Some(schedule) = try_out(explore().schedules(1_000)) {
        try_out(explore().replay(schedule));
    }
}

pub(crate) const PROGRAM: Program = Program {
    name: "printer-race",
    source: Source { path: file!(), text: include_str!("printer_race.rs") },
    shows: "a schedule that sends on the closed channel, found and played again",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed(&["found: panic: send on closed channel", "found: panic: send on closed channel"])
}
