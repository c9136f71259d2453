//! A lock belongs inside the type whose data it guards. Nobody can forget to take it
//! then. The lock is the standard library's: a goroutine may wait for it as a thread
//! does.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{channel, go};
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Default)]
struct AtomicInt {
    n: Mutex<i64>,
}

impl AtomicInt {
    fn add(&self, more: i64) {
        *self.n.lock().unwrap_or_else(PoisonError::into_inner) += more;
    }

    fn value(&self) -> i64 {
        *self.n.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn main() {
    let (done, wait) = channel::<()>(0);
    let n = Arc::new(AtomicInt::default());
    let same = Arc::clone(&n);
    go(move || {
        same.add(1);
        drop(done);
    });
    n.add(1);
    _ = wait.recv();
    println!("{}", n.value());
}

pub(crate) const PROGRAM: Program = Program {
    name: "atomic-int",
    source: Source { path: file!(), text: include_str!("atomic_int.rs") },
    shows: "2, always",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed(&["2"])
}
