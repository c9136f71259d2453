//! `gosched` lets others run and then goes on. What the caller does itself is done in
//! any case; what others get done before main returns is up to chance.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict, ensure};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{go, runtime};

fn say(word: &str) {
    for _ in 0..5 {
        runtime::gosched();
        println!("{word}");
    }
}

fn main() {
    go(|| say("world"));
    say("hello");
}

pub(crate) const PROGRAM: Program = Program {
    name: "gosched",
    source: Source { path: file!(), text: include_str!("gosched.rs") },
    shows: "`hello` five times in any case",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    let count = |word| run.texts().filter(|line| *line == word).count();
    let (hello, world) = (count("hello"), count("world"));
    ensure(hello == 5 && world <= 5, || format!("5 hellos were expected, not {hello}"))?;
    ensure(hello + world == run.lines.len(), || "something else was said".to_owned())
}
