//! A lock that is never released stops whoever wants it next. A guard unlocks when it
//! is dropped, so in Rust it takes an effort to forget it: the guard must be leaked.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::sync::{Mutex, WaitGroup};

static M: Mutex<()> = Mutex::new(());

fn function(caller: &str) {
    let guard = M.lock();
    println!("locked by the {caller} caller");
    std::mem::forget(guard); // as if Go's `m.Unlock()` were missing
}

fn main() {
    let first = WaitGroup::new();
    first.go(|| function("first"));
    first.wait();
    function("second");
    println!("not reached");
}

pub(crate) const PROGRAM: Program = Program {
    name: "forgotten-unlock",
    source: Source { path: file!(), text: include_str!("forgotten_unlock.rs") },
    shows: "locked once, then a deadlock `[sync.Mutex.Lock]`",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.printed(&["locked by the first caller"])?;
    run.deadlocked("sync.Mutex.Lock", "let guard = M.lock()")
}
