//! A channel with a value in it can be closed. The reader gets the value first,
//! and only then learns that there will be no more.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict, ensure};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Chan, sync::WaitGroup};

fn write_to(c: &Chan<i32>, x: i32) {
    c.send(x);
    c.close();
}

fn main() {
    let c = Chan::new(1);
    let writers = WaitGroup::new();
    let to_main = c.clone();
    writers.go(move || {
        write_to(&to_main, 10);
        println!("written and closed");
    });
    println!("read: {}", c.recv());
    match c.recv_ok() {
        (_, true) => println!("the channel is open"),
        (_, false) => println!("the channel is closed"),
    }
    writers.wait();
}

pub(crate) const PROGRAM: Program = Program {
    name: "channel-read-write",
    source: Source { path: file!(), text: include_str!("channel_read_write.rs") },
    shows: "the value, then the close",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed_in_any_order(&["written and closed", "read: 10", "the channel is closed"])?;
    let mut read = run.texts().filter(|line| *line != "written and closed");
    ensure(read.next() == Some("read: 10"), || "the value was to come before the close".to_owned())
}
