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
    /// An event since `seen` is enough: who waits has tried since then, and tries again.
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

    /// What has been heard of so far.
    #[doc(hidden)]
    pub fn seen(&self) -> Seen {
        self.seen.get()
    }

    /// For who has tried in vain after `seen`, and tries again afterwards: any event since then is enough, and the
    /// kernel is asked nothing.
    #[doc(hidden)]
    pub fn by_event_since(mut self, seen: Seen) -> Self {
        self.seen.set(seen);
        self.by_event = true;
        self
    }

    /// Who has read (or written) less than there was room for, after `seen`, says so here.
    #[doc(hidden)]
    pub fn drained(&self) {
        self.handle.record().side(self.direction).set_drained(self.seen.get());
    }

    /// Whether trying now would be in vain, since nothing has happened since [`drained`](Self::drained).
    #[doc(hidden)]
    pub fn is_drained(&self) -> bool {
        let record = self.handle.record();
        record.side(self.direction).is_drained(self.seen.get())
            && !record.must_try()
            && !record.is_closed()
    }

    /// Why an operation has failed: if the descriptor was closed, for that.
    #[doc(hidden)]
    pub fn explain(&self, error: io::Error) -> io::Error {
        if self.handle.record().is_closed() { error::closed() } else { error }
    }

    /// Whether there is an event since `seen`; or why there never will be one.
    fn has_event(&self) -> Option<io::Result<()>> {
        let record = self.handle.record();
        if let Err(error) = self.handle.expect(self.direction) {
            return Some(Err(error));
        }
        // After `expect`: `close` sets it, then counts an event.
        if record.is_closed() {
            return Some(Err(error::closed()));
        }
        let seen = record.side(self.direction).events.seen();
        (seen != self.seen.get()).then_some(Ok(()))
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
        if self.by_event { self.has_event().is_some() } else { self.ask().is_some() }
    }

    fn stamp(&self) -> u32 {
        self.handle.record().side(self.direction).events.seen().to_bits() << 1
    }

    fn try_now(&mut self) -> Option<io::Result<()>> {
        if self.by_event { self.has_event() } else { self.ask() }
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
