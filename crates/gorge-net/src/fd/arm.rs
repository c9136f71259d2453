//! Readiness of a descriptor as an arm of a select.
//!
//! The kernel is asked each time (poll(2), without waiting), because what the
//! poller has told once may have been read since. An event that wakes the
//! select and turns out to be without a reason is a false alarm.

use std::cell::Cell;
use std::io;
use std::os::fd::BorrowedFd;
use std::ptr::NonNull;

use gorge_sched::WaitReason;
use gorge_sched::netpoll::{self, Direction};
use gorge_sync::select::Selectable;
use gorge_sync::sync::{Advanced, Seen};
use gorge_sync::wait::Waiter;

use super::record::Handle;
use crate::error;
use crate::sys;

/// That reading or writing would not wait, as an arm of a select. See
/// [`Fd::readable`](super::Fd::readable).
///
/// # Examples
/// ```
/// use gorge::{io::Fd, select};
/// use std::time::Duration;
///
/// let (reader, writer) = std::io::pipe().unwrap();
/// let (reader, writer) = (Fd::new(reader).unwrap(), Fd::new(writer).unwrap());
/// select! {
///     on(reader.readable()) -> _ => panic!("nothing was written"),
///     on(writer.writable()) -> _ => {}
///     timeout(Duration::from_secs(60)) => panic!("there is room"),
/// }
/// ```
#[derive(Debug)]
#[must_use = "an arm does nothing outside of a select"]
pub struct Ready<'a> {
    handle: &'a Handle,
    fd: BorrowedFd<'a>,
    direction: Direction,
    /// The events seen before the kernel was asked last.
    seen: Cell<Seen>,
    enlisted: bool,
    /// The kernel has been asked since the last event, and has said yes.
    known: bool,
    /// An event is enough: who waits tries, and waits again if it was in vain.
    by_event: bool,
}

impl<'a> Ready<'a> {
    pub(super) fn new(handle: &'a Handle, fd: BorrowedFd<'a>, direction: Direction) -> Ready<'a> {
        let seen = handle.record().side(direction).events.seen();
        Ready {
            handle,
            fd,
            direction,
            seen: Cell::new(seen),
            enlisted: false,
            known: false,
            by_event: false,
        }
    }

    /// For who tries afterwards in any case, and comes back if that would block: the kernel is not asked
    /// whether an event was without a reason.
    #[doc(hidden)]
    pub fn by_event(mut self) -> Self {
        self.by_event = true;
        self
    }

    fn ask(&self) -> Option<io::Result<()>> {
        let record = self.handle.record();
        self.seen.set(record.side(self.direction).events.seen());
        if record.is_closed() {
            return Some(Err(error::closed()));
        }
        if let Err(error) = self.handle.expect(self.direction) {
            return Some(Err(error));
        }
        match sys::is_ready(self.fd, self.direction) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => None,
            result => Some(result),
        }
    }

    fn advanced(&self) -> Advanced<'a> {
        self.handle.record().side(self.direction).events.advanced(self.seen.get())
    }

    fn count(&mut self, enlisted: bool) {
        if self.enlisted != enlisted {
            self.enlisted = enlisted;
            netpoll::waits_outside(enlisted);
        }
    }
}

impl Drop for Ready<'_> {
    fn drop(&mut self) {
        self.count(false);
    }
}

// SAFETY: enlists in and withdraws from the event count of its direction,
// which keeps the promises; what `ask` has not seen changes that count.
unsafe impl Selectable for Ready<'_> {
    type Output = io::Result<()>;

    fn is_ready(&self) -> bool {
        self.ask().is_some()
    }

    fn stamp(&self) -> u32 {
        self.handle.record().side(self.direction).events.seen().to_bits() << 1
    }

    fn try_now(&mut self) -> Option<io::Result<()>> {
        self.ask()
    }

    unsafe fn enlist(&mut self, waiter: NonNull<Waiter>) -> bool {
        // SAFETY: as the caller says.
        let enlisted = unsafe { self.advanced().enlist(waiter) };
        self.count(enlisted);
        enlisted
    }

    unsafe fn withdraw(&mut self, waiter: NonNull<Waiter>) {
        self.count(false);
        // SAFETY: as the caller says.
        unsafe { self.advanced().withdraw(waiter) }
    }

    fn is_false_alarm(&mut self) -> bool {
        self.count(false);
        self.known = self.by_event || self.ask().is_some();
        !self.known
    }

    unsafe fn complete(&mut self, _: NonNull<Waiter>) -> io::Result<()> {
        self.count(false);
        match self.known && !self.handle.record().is_closed() {
            true => Ok(()),
            false => self.ask().unwrap_or(Ok(())),
        }
    }

    fn wait_reason(&self) -> WaitReason {
        WaitReason::Io
    }
}
