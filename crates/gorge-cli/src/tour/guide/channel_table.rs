//! What each operation does in each state of a channel. Reading, writing and closing:
//! a nil channel blocks (and must not be closed), an open one blocks when it is empty
//! or full, a closed one gives default values and must not be written to or closed
//! again. The halves of a channel that lack an operation do not compile.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Chan, go};
use std::panic;

fn new(capacity: usize, values: i32) -> Chan<i32> {
    let c = Chan::new(capacity);
    (1..=values).for_each(|value| c.send(value));
    c
}

fn closed(capacity: usize, values: i32) -> Chan<i32> {
    let c = new(capacity, values);
    c.close();
    c
}

/// Does something in a goroutine and says what it panics with.
fn attempt(operation: impl FnOnce() + Send + 'static) -> String {
    match go(operation).join() {
        Ok(()) => "done".to_owned(),
        Err(panic) => format!("panic: {}", panic.message().unwrap_or("without a text")),
    }
}

/// ```compile_fail,E0599
/// fn read_write_only(c: gorge::Sender<i32>) { c.recv(); }
/// ```
///
/// ```compile_fail,E0599
/// fn write_read_only(c: gorge::Receiver<i32>) { c.send(1); }
/// ```
///
/// ```compile_fail,E0599
/// fn close_read_only(c: gorge::Receiver<i32>) { c.close(); }
/// ```
fn main() {
    panic::set_hook(Box::new(|_| {})); // `join` tells of the panics below
    println!("read, open and not empty: {:?}", new(2, 1).recv_ok());
    println!("read, closed and not empty: {:?}", closed(2, 1).recv_ok());
    println!("read, closed: {:?}", closed(2, 0).recv_ok());
    let c = new(2, 1);
    c.send(2);
    println!("write, open and not full: {} values", c.len());
    println!("write, closed: {}", attempt(|| closed(2, 0).send(1)));
    println!("close, nil: {}", attempt(|| Chan::<i32>::nil().close()));
    let c = closed(2, 2);
    println!("close, open and not empty: {:?}", [c.recv_ok(), c.recv_ok(), c.recv_ok()]);
    println!("close, open and empty: {:?}", closed(2, 0).recv_ok());
    println!("close, closed: {}", attempt(|| closed(2, 0).close()));
}

fn read_nil() {
    Chan::<i32>::nil().recv();
}

fn read_empty() {
    new(2, 0).recv();
}

fn write_nil() {
    Chan::nil().send(1);
}

fn write_full() {
    new(2, 2).send(3);
}

pub(crate) const PROGRAM: Program = Program {
    name: "channel-table",
    source: Source { path: file!(), text: include_str!("channel_table.rs") },
    shows: "every cell of the table; the ones that block as deadlocks, with `(nil chan)`",
    scenes: &[
        Scene::titled("what does not block", main, check),
        Scene::titled("read, nil", read_nil, |run| {
            blocked(run, "chan receive (nil chan)", "nil().recv()")
        }),
        Scene::titled("read, open and empty", read_empty, |run| {
            blocked(run, "chan receive", "new(2, 0).recv()")
        }),
        Scene::titled("write, nil", write_nil, |run| {
            blocked(run, "chan send (nil chan)", "nil().send(1)")
        }),
        Scene::titled("write, open and full", write_full, |run| {
            blocked(run, "chan send", "new(2, 2).send(3)")
        }),
    ],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed(&[
        "read, open and not empty: (1, true)",
        "read, closed and not empty: (1, true)",
        "read, closed: (0, false)",
        "write, open and not full: 2 values",
        "write, closed: panic: send on closed channel",
        "close, nil: panic: close of nil channel",
        "close, open and not empty: [(1, true), (2, true), (0, false)]",
        "close, open and empty: (0, false)",
        "close, closed: panic: close of closed channel",
    ])
}

fn blocked(run: &Run, reason: &str, code: &str) -> Verdict {
    run.printed(&[])?;
    run.deadlocked(reason, code)
}
