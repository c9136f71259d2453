//! A buffered channel is a pool of things that are used again. When it is empty one
//! is made; when it is full, or closed, it refuses what comes back, and that is
//! dropped. A refused send gives the value back, so nothing is lost in between and no
//! lock is needed.

use crate::tour::program::{Program, Scene};
use crate::tour::run::{Run, Verdict};
use crate::tour::source::Source;
use crate::tour::stage::println;
use gorge::{Receiver, Sender, channel, select};
use std::sync::atomic::{AtomicU32, Ordering};

struct Connection(u32);

impl Connection {
    fn open() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let connection = Self(NUMBER.fetch_add(1, Ordering::Relaxed));
        println!("open {}", connection.0);
        connection
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        println!("close {}", self.0);
    }
}

struct Pool {
    give: Sender<Connection>,
    idle: Receiver<Connection>,
}

impl Pool {
    fn new(size: usize) -> Self {
        let (give, idle) = channel(size);
        Self { give, idle }
    }

    fn acquire(&self) -> Result<Connection, &'static str> {
        select! {
            recv(self.idle) -> connection => connection.map_err(|_| "the pool is closed"),
            default => Ok(Connection::open()),
        }
    }

    fn release(&self, connection: Connection) {
        drop(self.give.try_send(connection));
    }

    fn close(&self) {
        self.give.close();
        self.idle.iter().for_each(drop);
    }
}

fn main() {
    let pool = Pool::new(2);
    let in_use: Vec<_> = (0..3).filter_map(|_| pool.acquire().ok()).collect();
    in_use.into_iter().for_each(|connection| pool.release(connection));
    let in_use = pool.acquire();
    println!("in use again: {:?}", in_use.as_ref().map(|connection| connection.0));
    pool.close();
    println!("closed: {:?}", pool.acquire().map(|connection| connection.0));
    in_use.into_iter().for_each(|connection| pool.release(connection));
    println!("the end");
}

pub(crate) const PROGRAM: Program = Program {
    name: "resource-pool",
    source: Source { path: file!(), text: include_str!("resource_pool.rs") },
    shows: "made when empty, used again, closed when full, refused after the close, also while in use",
    scenes: &[Scene::only(main, check)],
};

fn check(run: &Run) -> Verdict {
    run.ended_well()?;
    run.printed(&[
        "open 1",
        "open 2",
        "open 3",
        "close 3",
        "in use again: Ok(1)",
        "close 2",
        "closed: Err(\"the pool is closed\")",
        "close 1",
        "the end",
    ])
}
