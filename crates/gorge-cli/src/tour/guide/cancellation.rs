//! Who starts a goroutine should be able to stop it. It is given a done channel to
//! listen to and gives one back that closes when it has ended; what it reads from may
//! be silent, or nil, for ever.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Receiver, channel, go, select, time};
use std::time::Duration;

fn work(done: Receiver<()>, strings: Receiver<String>) -> Receiver<()> {
    let (terminated, wait) = channel(0);
    go(move || {
        let _closed_at_the_end = terminated;
        loop {
            select! {
                recv(strings) -> string => println!("{string:?}"),
                recv(done) -> _ => return println!("the worker ends"),
            }
        }
    });
    wait
}

fn main() {
    let (cancel, done) = channel(0);
    let terminated = work(done, Receiver::nil());
    go(move || {
        time::sleep(Duration::from_secs(1));
        println!("cancelling");
        cancel.close()
    });
    _ = terminated.recv();
    println!("done");
}

pub(crate) const PROGRAM: Program = Program {
    name: "cancellation",
    source: Source { path: file!(), text: include_str!("cancellation.rs") },
    shows: "the worker ends after a second, and its end is seen",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed_at(&[(1.0, "cancelling"), (1.0, "the worker ends"), (1.0, "done")])
}
