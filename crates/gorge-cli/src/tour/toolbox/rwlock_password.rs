//! Many may read at the same time, but who writes is alone. Reading takes two seconds
//! and three readers take two together; the change of four seconds waits for them, and
//! a reader that comes later waits for the change.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{go, sync::RwLock, time};
use std::time::Duration;

static PASSWORD: RwLock<&str> = RwLock::new("my password");

fn show() {
    let password = PASSWORD.read();
    println!("reading");
    time::sleep(Duration::from_secs(2));
    println!("password: {password}");
}

fn change(to: &'static str) {
    let mut password = PASSWORD.write();
    println!("changing");
    time::sleep(Duration::from_secs(4));
    *password = to;
    println!("changed");
}

fn main() {
    let readers: Vec<_> = (0..3).map(|_| go(show)).collect();
    time::sleep(Duration::from_secs(1));
    let writer = go(|| change("123456"));
    time::sleep(Duration::from_millis(500));
    let late = go(show);
    for goroutine in readers.into_iter().chain([writer, late]) {
        _ = goroutine.join();
    }
    println!("in the end: {}", PASSWORD.read());
}

pub(crate) const PROGRAM: Program = Program {
    name: "rwlock-password",
    source: Source { path: file!(), text: include_str!("rwlock_password.rs") },
    shows: "three readers together, the writer alone, the late reader after it",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed_at(&[
        (0.0, "reading"),
        (0.0, "reading"),
        (0.0, "reading"),
        (2.0, "password: my password"),
        (2.0, "password: my password"),
        (2.0, "password: my password"),
        (2.0, "changing"),
        (6.0, "changed"),
        (6.0, "reading"),
        (8.0, "password: 123456"),
        (8.0, "in the end: 123456"),
    ])
}
