//! A wait group knows no order, only an end. All the greetings are said before main
//! goes on, whichever comes first.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict, ensure};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::sync::WaitGroup;

fn main() {
    let greetings = WaitGroup::new();
    for greeting in ["hello", "greetings", "good day"] {
        greetings.go(move || println!("{greeting}"));
    }
    greetings.wait();
    println!("all said");
}

pub(crate) const PROGRAM: Program = Program {
    name: "greetings-waitgroup",
    source: Source { path: file!(), text: include_str!("greetings_waitgroup.rs") },
    shows: "the three greetings in any order, then the end",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed_in_any_order(&["hello", "greetings", "good day", "all said"])?;
    ensure(run.texts().last() == Some("all said"), || "the end was to come last".to_owned())
}
