//! Waiting until descriptors can be read or written: many at once, by one thread.
//!
//! Promise: between [`expect`](Poller::expect) for a direction and the next event for it nothing is
//! missed: if the descriptor is ready at `expect`, or becomes so later, an event with its token is
//! given to somebody who waits. An event may also come without a reason: who gets one tries, and
//! finds out. After [`remove`](Poller::remove) has returned no *new* wait gives the token; one that
//! was under way may still, so tokens need a generation.
//!
//! Any number of threads may look without blocking while at most one blocks.
//!
//! ```text
//!   Linux      epoll, edge-triggered: the kernel remembers, `expect` is empty
//!   portable   poll(2) over those that somebody expects something of
//! ```

use crate::os;
use std::io;

/// Something that waits for descriptors.
#[derive(Debug)]
pub struct Poller(os::poller::Poller);

/// Reading or writing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// Data, a connection to accept, or the end of both.
    Read,
    /// Room for data, the end of connecting, or nobody who would read it.
    Write,
}

/// What became of a descriptor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Event {
    /// As given to [`Poller::add`].
    pub token: u64,
    /// Reading may be possible.
    pub readable: bool,
    /// Writing may be possible.
    pub writable: bool,
    /// From now on whoever reads tries before he waits: the other side sends no more, or there is an
    /// error, of which no further event will tell; or it sends urgent data, at which reads stop short.
    pub always_try: bool,
}

/// How long to wait for events.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Patience {
    /// Only look.
    None,
    /// Until a time of [`clock::now`](crate::clock::now).
    Until(u64),
    /// For ever.
    Endless,
}

/// Room for the events of one wait.
#[derive(Debug)]
pub struct Events(os::poller::Events);

impl Events {
    /// The most events that one wait gives.
    pub const CAPACITY: usize = 256;

    /// Room, with nothing in it.
    #[must_use]
    pub fn new() -> Events {
        Events(os::poller::Events::new())
    }

    /// What the last wait gave.
    pub fn iter(&self) -> impl Iterator<Item = Event> + '_ {
        self.0.iter()
    }
}

impl Default for Events {
    fn default() -> Self {
        Events::new()
    }
}

impl Poller {
    /// A poller that watches nothing.
    ///
    /// # Errors
    /// No descriptor is to be had, or the system has no such thing.
    pub fn new() -> io::Result<Poller> {
        os::poller::Poller::new().map(Poller)
    }

    /// Watches `descriptor` in both directions; events about it carry `token`, which is not
    /// `u64::MAX`. The descriptor stays open until it is removed.
    ///
    /// # Errors
    /// It is there already, cannot be waited for (a regular file), or is not open; too many are
    /// watched.
    pub fn add(&self, descriptor: i32, token: u64) -> io::Result<()> {
        debug_assert_ne!(token, u64::MAX);
        self.0.add(descriptor, token)
    }

    /// Somebody is about to wait for a direction of `descriptor`, which was added: whatever has
    /// happened before this call he need not be told.
    #[inline]
    pub fn expect(&self, descriptor: i32, direction: Direction) {
        self.0.expect(descriptor, direction);
    }

    /// Watches `descriptor` no more.
    ///
    /// # Errors
    /// It was not added.
    pub fn remove(&self, descriptor: i32) -> io::Result<()> {
        self.0.remove(descriptor)
    }

    /// Waits for events, or for [`interrupt`](Poller::interrupt) unless it only looks. Says how many came.
    ///
    /// # Blocking
    /// Blocks the OS thread as long as `patience` says. One thread at a time may block.
    ///
    /// # Errors
    /// Those of the system; a signal is none.
    pub fn wait(&self, events: &mut Events, patience: Patience) -> io::Result<usize> {
        self.0.wait(&mut events.0, patience)
    }

    /// Makes the thread that blocks in [`wait`](Poller::wait) return, or the next one that would
    /// block. What was written before is seen by that thread.
    pub fn interrupt(&self) {
        self.0.interrupt();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::clock;
    use std::io::{Read, Write};
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixStream;
    use std::sync::Arc;
    use std::thread;

    use gorge_base::atomic::{AtomicBool, Ordering::Relaxed};

    fn pair(poller: &Poller) -> (UnixStream, UnixStream) {
        let (a, b) = UnixStream::pair().unwrap();
        a.set_nonblocking(true).unwrap();
        poller.add(a.as_raw_fd(), 7).unwrap();
        (a, b)
    }

    fn readable(poller: &Poller, patience: Patience) -> bool {
        let mut events = Events::new();
        poller.wait(&mut events, patience).unwrap();
        events.iter().any(|e| e.token == 7 && e.readable)
    }

    #[test]
    fn tells_of_data_that_is_there_and_of_data_that_comes() {
        let poller = Poller::new().unwrap();
        let (mut a, mut b) = pair(&poller);
        for _ in 0..3 {
            poller.expect(a.as_raw_fd(), Direction::Read);
            assert!(!readable(&poller, Patience::None));
            b.write_all(b"x").unwrap();
            assert!(readable(&poller, Patience::Endless));
            assert_eq!(a.read(&mut [0; 8]).unwrap(), 1);
        }
        b.write_all(b"x").unwrap();
        poller.expect(a.as_raw_fd(), Direction::Read);
        assert!(readable(&poller, Patience::Endless));
    }

    #[test]
    fn tells_of_the_end() {
        let poller = Poller::new().unwrap();
        let (a, b) = pair(&poller);
        poller.expect(a.as_raw_fd(), Direction::Read);
        drop(b);
        let mut events = Events::new();
        let mut always_try = false;
        while !always_try {
            poller.wait(&mut events, Patience::Endless).unwrap();
            always_try = events.iter().any(|e| e.readable && e.always_try);
        }
    }

    #[test]
    fn what_was_removed_tells_nothing() {
        let poller = Poller::new().unwrap();
        let (a, mut b) = pair(&poller);
        poller.expect(a.as_raw_fd(), Direction::Read);
        poller.remove(a.as_raw_fd()).unwrap();
        b.write_all(b"x").unwrap();
        assert!(!readable(&poller, Patience::None));
        assert!(poller.remove(a.as_raw_fd()).is_err());
    }

    #[test]
    fn waits_until_the_deadline_and_not_before() {
        let poller = Poller::new().unwrap();
        let deadline = clock::now() + 2_300_000;
        while clock::now() < deadline {
            assert!(!readable(&poller, Patience::Until(deadline)));
        }
        assert!(!readable(&poller, Patience::Until(0)), "a deadline in the past");
    }

    #[test]
    fn no_interrupt_is_lost_to_others_who_look() {
        let poller = Arc::new(Poller::new().unwrap());
        let over = Arc::new(AtomicBool::new(false));
        let looker = {
            let (poller, over) = (poller.clone(), over.clone());
            thread::spawn(move || {
                while !over.load(Relaxed) {
                    readable(&poller, Patience::None);
                }
            })
        };
        let turn = Arc::new(AtomicBool::new(false));
        let rounds = if std::env::var_os("GORGE_STRESS").is_some() { 200_000 } else { 2_000 };
        let blocker = {
            let (poller, turn) = (poller.clone(), turn.clone());
            thread::spawn(move || {
                for _ in 0..rounds {
                    while !turn.swap(false, Relaxed) {
                        readable(&poller, Patience::Endless);
                    }
                }
            })
        };
        for _ in 0..rounds {
            turn.store(true, Relaxed);
            poller.interrupt();
            while turn.load(Relaxed) {
                thread::yield_now();
            }
        }
        blocker.join().unwrap();
        over.store(true, Relaxed);
        looker.join().unwrap();
    }
}
