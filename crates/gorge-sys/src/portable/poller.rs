//! poll(2), and a pipe to interrupt it.
//!
//! Invariant: a descriptor is among those asked about only between `expect` and the event that
//! tells of it. poll(2) tells of what *is*, again and again; so what nobody waits for is not asked.
//!
//! ```text
//!   expect: interest |= direction, interrupt      wait: ask about all with an interest
//!                                                       tell, and take the interest back
//! ```

use super::super::poller::{Direction, Event, Patience};
use super::clock;
use std::collections::HashMap;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::AsRawFd;
use std::sync::{Mutex, MutexGuard, PoisonError};

use gorge_base::atomic::{AtomicBool, Ordering::AcqRel};

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
pub(crate) struct Poller {
    watched: Mutex<HashMap<i32, Entry>>,
    bell: PipeReader,
    ring: PipeWriter,
    rung: AtomicBool,
}

#[derive(Debug)]
struct Entry {
    token: u64,
    interest: libc::c_short,
}

impl Poller {
    pub(crate) fn new() -> io::Result<Poller> {
        let (bell, ring) = io::pipe()?;
        let watched = Mutex::new(HashMap::new());
        Ok(Poller { watched, bell, ring, rung: AtomicBool::new(false) })
    }

    fn watched(&self) -> MutexGuard<'_, HashMap<i32, Entry>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// See [`crate::poller::Poller::add`].
    pub(crate) fn add(&self, descriptor: i32, token: u64) -> io::Result<()> {
        let mut watched = self.watched();
        if watched.contains_key(&descriptor) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        watched.insert(descriptor, Entry { token, interest: 0 });
        Ok(())
    }

    /// See [`crate::poller::Poller::expect`].
    pub(crate) fn expect(&self, descriptor: i32, direction: Direction) {
        if let Some(entry) = self.watched().get_mut(&descriptor) {
            entry.interest |= match direction {
                Direction::Read => libc::POLLIN,
                Direction::Write => libc::POLLOUT,
            };
        }
        self.interrupt();
    }

    /// See [`crate::poller::Poller::remove`].
    pub(crate) fn remove(&self, descriptor: i32) -> io::Result<()> {
        let removed = self.watched().remove(&descriptor);
        removed.map(drop).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// See [`crate::poller::Poller::wait`].
    pub(crate) fn wait(&self, events: &mut Events, patience: Patience) -> io::Result<usize> {
        events.0.clear();
        let ask = |fd, events| libc::pollfd { fd, events, revents: 0 };
        let mut list = vec![ask(self.bell.as_raw_fd(), libc::POLLIN)];
        for (&fd, entry) in self.watched().iter().filter(|(_, entry)| entry.interest != 0) {
            list.push(ask(fd, entry.interest));
        }
        let timeout = match patience {
            Patience::None => 0,
            Patience::Endless => -1,
            Patience::Until(deadline) => {
                clock::until(deadline).as_nanos().div_ceil(1_000_000).min(i32::MAX as u128) as i32
            }
        };
        // SAFETY: the list is as long as it says.
        let count = unsafe { libc::poll(list.as_mut_ptr(), list.len() as _, timeout) };
        if count < 0 {
            let error = io::Error::last_os_error();
            let harmless = error.kind() == io::ErrorKind::Interrupted;
            return if harmless { Ok(0) } else { Err(error) };
        }
        if list[0].revents != 0 && patience != Patience::None {
            let _ = (&self.bell).read(&mut [0; 1]);
            // After the reading: see `linux::poller`.
            self.rung.swap(false, AcqRel);
        }
        let mut watched = self.watched();
        for asked in list[1..].iter().filter(|asked| asked.revents != 0) {
            let Some(entry) = watched.get_mut(&asked.fd) else { continue };
            entry.interest &= !asked.revents;
            let end = asked.revents & (libc::POLLHUP | libc::POLLERR | libc::POLLNVAL) != 0;
            if end {
                entry.interest = 0;
            }
            events.0.push(Event {
                token: entry.token,
                readable: end || asked.revents & libc::POLLIN != 0,
                writable: end || asked.revents & libc::POLLOUT != 0,
                // The end of what comes in shows as readable only: it may always be this.
                always_try: true,
            });
        }
        Ok(events.0.len())
    }

    /// See [`crate::poller::Poller::interrupt`].
    pub(crate) fn interrupt(&self) {
        if !self.rung.swap(true, AcqRel) {
            let _ = (&self.ring).write(&[1]);
        }
    }
}
