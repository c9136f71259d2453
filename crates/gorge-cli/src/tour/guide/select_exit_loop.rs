//! A loop that works can look at a done channel between two turns. The select with a
//! default costs next to nothing, and five turns are done before it says stop.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{channel, go, select, time};
use std::time::Duration;

fn main() {
    let (done, is_done) = channel::<()>(0);
    go(move || {
        time::sleep(Duration::from_millis(4_500));
        done.close()
    });
    let mut cycles = 0;
    loop {
        select! {
            recv(is_done) -> _ => break,
            default => {}
        }
        cycles += 1;
        time::sleep(Duration::from_secs(1));
    }
    println!("{cycles} cycles of work before the signal to stop");
}

pub(crate) const PROGRAM: Program = Program {
    name: "select-exit-loop",
    source: Source { path: file!(), text: include_str!("select_exit_loop.rs") },
    shows: "five cycles",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed_at(&[(5.0, "5 cycles of work before the signal to stop")])
}
