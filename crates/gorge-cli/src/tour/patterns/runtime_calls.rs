//! A goroutine can end itself from anywhere. `goexit` runs the destructors of all that
//! is on its stack, and nothing after it; the runtime can be asked how many goroutines
//! and processors there are.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{channel, go, runtime, time};
use std::time::Duration;

struct Deferred(&'static str);

impl Drop for Deferred {
    fn drop(&mut self) {
        println!("{}", self.0);
    }
}

fn leave() {
    let _inner = Deferred("inner destructor");
    runtime::goexit();
}

fn main() {
    let (let_go, wait) = channel::<()>(0);
    for _ in 0..3 {
        let wait = wait.clone();
        go(move || _ = wait.recv());
    }
    println!("goroutines: {}", runtime::num_goroutine());
    drop(let_go);
    while runtime::num_goroutine() > 1 {
        runtime::gosched(); // let them run, and end
    }
    println!("goroutines: {}", runtime::num_goroutine());
    go(|| {
        let _outer = Deferred("outer destructor");
        leave();
        println!("not reached");
    });
    time::sleep(Duration::from_secs(1));
    let (processors, at_once) = (runtime::num_cpu(), runtime::gomaxprocs(0));
    println!("a processor at least: {}", processors >= 1 && at_once >= 1);
}

pub(crate) const PROGRAM: Program = Program {
    name: "runtime-calls",
    source: Source { path: file!(), text: include_str!("runtime_calls.rs") },
    shows: "the count goes up and down; destructors run at `goexit`",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed(&[
        "goroutines: 4",
        "goroutines: 1",
        "inner destructor",
        "outer destructor",
        "a processor at least: true",
    ])
}
