//! Where the system has no poll(2): nothing can be waited for.

use super::super::poller::{Direction, Event, Patience};
use std::io;

#[derive(Debug)]
pub(crate) struct Events(Vec<Event>);

impl Events {
    pub(crate) fn new() -> Events {
        Events(Vec::new())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Event> + '_ {
        self.0.iter().copied()
    }
}

#[derive(Debug)]
pub(crate) struct Poller;

impl Poller {
    pub(crate) fn new() -> io::Result<Poller> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(crate) fn add(&self, _: i32, _: u64) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(crate) fn expect(&self, _: i32, _: Direction) {}

    pub(crate) fn remove(&self, _: i32) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(crate) fn wait(&self, _: &mut Events, _: Patience) -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(crate) fn interrupt(&self) {}
}
