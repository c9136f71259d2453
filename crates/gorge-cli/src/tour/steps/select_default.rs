//! With a `default` arm a select never waits. It looks whether anything is ready
//! now, and if not, that is the answer.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Receiver, channel, select};

fn look(box_of_letters: &Receiver<&str>) {
    select! {
        recv(box_of_letters) -> letter => println!("received {letter:?}"),
        default => println!("nothing available"),
    }
}

fn main() {
    let (post, letters) = channel(1);
    look(&letters);
    _ = post.send("a letter");
    look(&letters);
    look(&letters);
}

pub(crate) const PROGRAM: Program = Program {
    name: "select-default",
    source: Source { path: file!(), text: include_str!("select_default.rs") },
    shows: "`nothing available` while there is nothing, at once",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed_at(&[
        (0.0, "nothing available"),
        (0.0, "received Ok(\"a letter\")"),
        (0.0, "nothing available"),
    ])
}
