//! epoll, edge-triggered, and an eventfd to interrupt it.
//!
//! Invariant: `rung` is true from the write to the eventfd until the one who blocks has emptied it,
//! so there is at most one write on the way. The eventfd is level-triggered, and only who blocks
//! empties it: one who only looks leaves it for him.

use super::super::poller::{Direction, Event, Patience};
use super::clock;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use gorge_base::atomic::{AtomicBool, Ordering::AcqRel, Ordering::Relaxed};

/// The token of the eventfd.
const BELL: u64 = u64::MAX;

const CAPACITY: usize = super::super::poller::Events::CAPACITY;

#[derive(Debug)]
pub(crate) struct Poller {
    epoll: OwnedFd,
    bell: File,
    rung: AtomicBool,
    /// The kernel does not know `epoll_pwait2` (before 5.11): timeouts in milliseconds.
    coarse: AtomicBool,
}

pub(crate) struct Events {
    list: [libc::epoll_event; CAPACITY],
    len: usize,
}

impl Events {
    pub(crate) fn new() -> Events {
        Events { list: [libc::epoll_event { events: 0, u64: 0 }; CAPACITY], len: 0 }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Event> + '_ {
        const READ: u32 = (libc::EPOLLIN | libc::EPOLLRDHUP) as u32;
        const END: u32 = (libc::EPOLLHUP | libc::EPOLLERR) as u32;
        const TRY: u32 = (libc::EPOLLRDHUP | libc::EPOLLPRI) as u32 | END;
        self.list[..self.len].iter().filter(|e| e.u64 != BELL).map(|e| {
            let (bits, token) = (e.events, e.u64);
            Event {
                token,
                readable: bits & (READ | END) != 0,
                writable: bits & (libc::EPOLLOUT as u32 | END) != 0,
                always_try: bits & TRY != 0,
            }
        })
    }
}

impl std::fmt::Debug for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

fn check(result: libc::c_int) -> io::Result<libc::c_int> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

impl Poller {
    pub(crate) fn new() -> io::Result<Poller> {
        // SAFETY: no memory is involved; what comes back is a descriptor of our own.
        let epoll =
            unsafe { OwnedFd::from_raw_fd(check(libc::epoll_create1(libc::EPOLL_CLOEXEC))?) };
        // SAFETY: as above.
        let bell = unsafe {
            let flags = libc::EFD_CLOEXEC | libc::EFD_NONBLOCK;
            File::from_raw_fd(check(libc::eventfd(0, flags))?)
        };
        let rung = AtomicBool::new(false);
        let poller = Poller { epoll, bell, rung, coarse: AtomicBool::new(false) };
        poller.control(libc::EPOLL_CTL_ADD, poller.bell.as_raw_fd(), libc::EPOLLIN, BELL)?;
        Ok(poller)
    }

    fn control(&self, verb: i32, descriptor: i32, bits: i32, token: u64) -> io::Result<()> {
        let mut event = libc::epoll_event { events: bits as u32, u64: token };
        // SAFETY: `event` is read during the call only.
        check(unsafe { libc::epoll_ctl(self.epoll.as_raw_fd(), verb, descriptor, &mut event) })?;
        Ok(())
    }

    /// See [`crate::poller::Poller::add`].
    pub(crate) fn add(&self, descriptor: i32, token: u64) -> io::Result<()> {
        let both = libc::EPOLLIN | libc::EPOLLOUT;
        let more = libc::EPOLLRDHUP | libc::EPOLLPRI | libc::EPOLLET;
        self.control(libc::EPOLL_CTL_ADD, descriptor, both | more, token)
    }

    /// See [`crate::poller::Poller::expect`]: each new edge is told anyway.
    #[inline]
    pub(crate) fn expect(&self, _: i32, _: Direction) {}

    /// See [`crate::poller::Poller::remove`].
    pub(crate) fn remove(&self, descriptor: i32) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_DEL, descriptor, 0, 0)
    }

    /// See [`crate::poller::Poller::wait`].
    pub(crate) fn wait(&self, events: &mut Events, patience: Patience) -> io::Result<usize> {
        events.len = 0;
        let result = match patience {
            Patience::None => self.wait_ms(events, 0),
            Patience::Endless => self.wait_ms(events, -1),
            Patience::Until(deadline) => self.wait_until(events, deadline),
        };
        events.len = match check(result) {
            Ok(count) => count as usize,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
            Err(error) => return Err(error),
        };
        let bells = events.list[..events.len].iter().filter(|e| e.u64 == BELL).count();
        if bells != 0 && patience != Patience::None {
            let _ = (&self.bell).read(&mut [0; 8]);
            // After the reading, so that a new ring writes again. It takes part in the order of
            // the exchanges: whoever found it true and wrote nothing has done so before, and what
            // he did before ringing is seen here.
            self.rung.swap(false, AcqRel);
        }
        Ok(events.len - bells)
    }

    fn wait_ms(&self, events: &mut Events, timeout: i32) -> i32 {
        let (list, room) = (events.list.as_mut_ptr(), CAPACITY as i32);
        // SAFETY: the list has that much room.
        unsafe { libc::epoll_wait(self.epoll.as_raw_fd(), list, room, timeout) }
    }

    fn wait_until(&self, events: &mut Events, deadline: u64) -> i32 {
        let left = deadline.saturating_sub(clock::now());
        if !self.coarse.load(Relaxed) {
            let time = libc::timespec {
                tv_sec: (left / 1_000_000_000) as _,
                tv_nsec: (left % 1_000_000_000) as _,
            };
            // SAFETY: the list has that much room; the time is read during the call; no signal mask.
            let result = unsafe {
                libc::syscall(
                    libc::SYS_epoll_pwait2,
                    self.epoll.as_raw_fd(),
                    events.list.as_mut_ptr(),
                    CAPACITY,
                    &raw const time,
                    std::ptr::null::<libc::sigset_t>(),
                    0usize,
                )
            };
            let unknown = [Some(libc::ENOSYS), Some(libc::EPERM)];
            if result >= 0 || !unknown.contains(&io::Error::last_os_error().raw_os_error()) {
                return result as i32;
            }
            self.coarse.store(true, Relaxed);
        }
        // Rather late than early.
        let milliseconds = left.div_ceil(1_000_000).min(i32::MAX as u64) as i32;
        self.wait_ms(events, milliseconds)
    }

    /// See [`crate::poller::Poller::interrupt`].
    pub(crate) fn interrupt(&self) {
        if !self.rung.swap(true, AcqRel) {
            let _ = (&self.bell).write(&1u64.to_ne_bytes());
        }
    }
}
