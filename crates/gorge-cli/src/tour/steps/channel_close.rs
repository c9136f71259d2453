//! A closed channel never blocks its receivers. They still get what was sent before
//! the close, then at once the type's default value and the word that it is none,
//! again and again; a loop over the channel ends.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Chan, go};

fn main() {
    let greetings = Chan::<String>::new(0);
    let sender = greetings.clone();
    go(move || {
        sender.send("Hello!".to_owned());
        sender.close();
    });
    for _ in 0..3 {
        println!("{:?}", greetings.recv());
    }
    let (greeting, ok) = greetings.recv_ok();
    println!("{greeting:?}, ok = {ok}");
    for greeting in greetings.receiver() {
        println!("a closed channel gave {greeting:?}");
    }
    println!("the loop is over");
}

pub(crate) const PROGRAM: Program = Program {
    name: "channel-close",
    source: Source { path: file!(), text: include_str!("channel_close.rs") },
    shows: "the value, then the default value at once and again, ok = false; no turn of the loop",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    let lines = ["\"Hello!\"", "\"\"", "\"\"", "\"\", ok = false", "the loop is over"];
    run.printed_at(&lines.map(|line| (0.0, line)))
}
