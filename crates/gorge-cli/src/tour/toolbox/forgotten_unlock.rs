//! A lock that is never released stops whoever wants it next. A guard unlocks when it
//! is dropped, so in Rust it takes an effort to forget it: the guard must be leaked. With
//! `GORGE_DEADLOCK=1` the report says which lock it is and who has it.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{End, Run, Verdict, ensure};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::sync::Mutex;

static M: Mutex<()> = Mutex::new(());

fn function(caller: &str) {
    let guard = M.lock();
    println!("locked by the {caller} caller");
    std::mem::forget(guard); // as if Go's `m.Unlock()` were missing
}

fn main() {
    function("first");
    function("second");
    println!("not reached");
}

pub(crate) const PROGRAM: Program = Program {
    name: "forgotten-unlock",
    source: Source { path: file!(), text: include_str!("forgotten_unlock.rs") },
    shows: "locked once, then a deadlock `[sync.Mutex.Lock]`; the lock and its holder",
    scenes: &[
        Scene { environment: &[("GORGE_DEADLOCK", "0")], ..Scene::titled("as it is", main, check) },
        Scene {
            environment: &[("GORGE_DEADLOCK", "1")],
            ..Scene::titled("GORGE_DEADLOCK=1", main, named)
        },
    ],
};

fn check(run: &Run) -> Verdict {
    run.printed(&["locked by the first caller"])?;
    run.deadlocked("sync.Mutex.Lock", "let guard = M.lock()")
}

fn named(run: &Run) -> Verdict {
    run.printed(&["locked by the first caller"])?;
    run.ended(End::Status(2))?;
    let line = run.source.line_of("let guard = M.lock()").ok_or("the program has changed")?;
    let here = format!("forgotten_unlock.rs:{line}\n");
    let (report, dump) =
        run.errors.split_once("fatal error:").ok_or("the deadlock was to be reported")?;
    for part in ["DEADLOCK", "goroutine 1 waits to lock", "which goroutine 1 has since", &here] {
        ensure(report.contains(part), || format!("the report was to say {part:?}"))?;
    }
    ensure(dump.contains("goroutine 1 [sync.Mutex.Lock]") && dump.contains(&here), || {
        format!("goroutine 1 was to be at {here}")
    })
}
