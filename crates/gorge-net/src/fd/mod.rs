//! A descriptor that goroutines can wait for.
//!
//! Promise: an operation on an [`Fd`] that the kernel cannot do at once parks the
//! caller until it can; several may wait for one descriptor at once; nobody
//! misses an event; a deadline and a `close` reach who waits.
//!
//! | file | holds |
//! |---|---|
//! | `side` | one direction: events heard of, deadline |
//! | `limit` | how long one operation may take |
//! | `record` | both, where the poller finds them |
//! | `arm` | readiness as an arm of a select |
//! | `traits` | `std`'s traits for one |
//!
//! How an operation goes:
//!
//! ```text
//!   seen = events of this direction
//!   drained with this number?  wait            (a short read or write has emptied or filled it)
//!   try                        done, or "would block"
//!   wait until events != seen, and again
//! ```

mod arm;
mod limit;
mod record;
mod side;
mod traits;

pub use arm::Ready;

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::panic::Location;
use std::time::Duration;

use gorge_sched::WaitReason;
use gorge_sched::netpoll::Direction;
use gorge_sync::time::Instant;

use crate::error;
use crate::sys;
use record::Handle;

/// Something with a descriptor, such that goroutines (and threads) can wait for it.
///
/// Sockets, pipes, terminals, `eventfd`, `inotify` and the like; not regular files,
/// which cannot be waited for. The descriptor is put into non-blocking mode.
///
/// # Examples
/// ```
/// use gorge::io::Fd;
/// use std::io::{PipeReader, Read, Write, pipe};
///
/// gorge::run(|| {
///     let (reader, mut writer) = pipe().unwrap();
///     let reader = Fd::new(reader).unwrap();
///     let heard = gorge::go(move || {
///         let mut word = [0; 5];
///         (&reader).read_exact(&mut word).unwrap(); // parks
///         word
///     });
///     writer.write_all(b"hello").unwrap();
///     assert_eq!(&heard.join().unwrap(), b"hello");
/// });
/// ```
///
/// # Compared with Go
/// `os.NewFile` for a descriptor of its kind, or `syscall.RawConn`.
pub struct Fd<T: AsFd = OwnedFd> {
    // First: the descriptor is given up before it is closed.
    handle: Handle,
    inner: T,
}

impl<T: AsFd> Fd<T> {
    /// Puts the descriptor into non-blocking mode. Of one number there is one `Fd` at a time: another one fails
    /// with [`AlreadyExists`](io::ErrorKind::AlreadyExists) when it is to wait. (A
    /// [duplicate](std::os::fd::BorrowedFd::try_clone_to_owned) has another number.)
    ///
    /// # Errors
    /// Those of the system.
    pub fn new(inner: T) -> io::Result<Fd<T>> {
        rustix::io::ioctl_fionbio(&inner, true)?;
        Ok(Fd::from_nonblocking(inner))
    }

    /// As [`new`](Fd::new), for a descriptor that is in non-blocking mode already. (If it is not,
    /// operations block the thread, and other goroutines go on elsewhere.)
    ///
    /// # Examples
    /// ```
    /// use gorge::{io::Fd, select};
    /// use std::io::{Read, Write};
    ///
    /// let (reader, writer) = std::io::pipe().unwrap();
    /// let (reader, writer) = (Fd::new(reader).unwrap(), Fd::new(writer).unwrap());
    /// writer.wait_writable().unwrap();
    /// select! { on(writer.writable()) -> _ => {} }
    /// writer.write_with(|mut writer| writer.write_all(b"hello")).unwrap();
    /// reader.wait_readable().unwrap();
    /// let mut text = [0; 5];
    /// reader.read_with(|mut reader| reader.read_exact(&mut text)).unwrap();
    /// assert_eq!(&text, b"hello");
    /// let same = Fd::from_nonblocking(reader.into_inner());
    /// assert!(same.get_ref().try_clone().is_ok());
    /// ```
    pub fn from_nonblocking(inner: T) -> Fd<T> {
        Fd { handle: Handle::new(inner.as_fd().as_raw_fd()), inner }
    }

    /// What was given to [`new`](Fd::new), still in non-blocking mode.
    pub fn into_inner(self) -> T {
        self.inner
    }

    /// What was given to [`new`](Fd::new).
    pub fn get_ref(&self) -> &T {
        &self.inner
    }

    /// Does something that reads, as often as it takes until it does not say
    /// [`WouldBlock`](io::ErrorKind::WouldBlock).
    ///
    /// # Blocking
    /// Between tries until the descriptor becomes readable; a dump shows `[IO wait]`.
    ///
    /// # Errors
    /// Those of `operation`; [`TimedOut`](io::ErrorKind::TimedOut) after the deadline;
    /// a [`Closed`](crate::net::Closed) after [`close`](Fd::close).
    #[track_caller]
    pub fn read_with<R>(&self, operation: impl FnMut(&T) -> io::Result<R>) -> io::Result<R> {
        self.retry(Direction::Read, Location::caller(), operation, |_| false)
    }

    /// As [`read_with`](Fd::read_with), for something that writes.
    ///
    /// # Errors
    /// As there.
    #[track_caller]
    pub fn write_with<R>(&self, operation: impl FnMut(&T) -> io::Result<R>) -> io::Result<R> {
        self.retry(Direction::Write, Location::caller(), operation, |_| false)
    }

    /// As [`read_with`](Fd::read_with) on a stream of bytes: the operation reads at most `room`
    /// bytes, and when it reads fewer there are no more.
    #[track_caller]
    pub(crate) fn read_stream(
        &self,
        room: usize,
        operation: impl FnMut(&T) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let short = |n: &usize| *n > 0 && *n < room;
        self.retry(Direction::Read, Location::caller(), operation, short)
    }

    /// As [`read_stream`](Fd::read_stream), for writing.
    #[track_caller]
    pub(crate) fn write_stream(
        &self,
        length: usize,
        operation: impl FnMut(&T) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let short = |n: &usize| *n > 0 && *n < length;
        self.retry(Direction::Write, Location::caller(), operation, short)
    }

    /// `drains` says of a result that what comes next would block.
    #[inline]
    fn retry<R>(
        &self,
        direction: Direction,
        at: &'static Location<'static>,
        mut operation: impl FnMut(&T) -> io::Result<R>,
        drains: impl Fn(&R) -> bool,
    ) -> io::Result<R> {
        let record = self.handle.record();
        let side = record.side(direction);
        if side.is_late() {
            return Err(error::timed_out());
        }
        let mut limit = None;
        loop {
            if record.is_closed() {
                return Err(error::closed()); // also if nothing could be put in its place
            }
            let seen = side.events.seen();
            if !side.is_drained(seen) || record.must_try() {
                match operation(&self.inner) {
                    Ok(done) => {
                        if drains(&done) {
                            side.set_drained(seen);
                        }
                        return Ok(done);
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                        limit = limit.or_else(|| record.limit(direction).end());
                        if side.until(limit).is_some_and(|end| end <= Instant::now()) {
                            return Err(error::timed_out());
                        }
                        continue;
                    }
                    Err(_) if record.is_closed() => return Err(error::closed()),
                    Err(error) => return Err(error),
                }
            }
            limit = limit.or_else(|| record.limit(direction).end());
            self.wait(direction, seen, limit, at)?;
        }
    }

    #[cold]
    #[inline(never)]
    fn wait(
        &self,
        direction: Direction,
        seen: gorge_sync::sync::Seen,
        limit: Option<Instant>,
        at: &'static Location<'static>,
    ) -> io::Result<()> {
        self.handle.expect(direction)?;
        // After `expect`: `close` sets it, then counts an event.
        if self.handle.record().is_closed() {
            return Err(error::closed());
        }
        let side = self.handle.record().side(direction);
        if side.events.wait_as(seen, side.until(limit), WaitReason::Io, at) {
            Ok(())
        } else {
            Err(error::timed_out())
        }
    }

    /// Waits until `end`, whatever can be read meanwhile, unless a deadline or `close` comes first.
    #[track_caller]
    pub(crate) fn pause(&self, end: Instant) -> io::Result<()> {
        let side = &self.handle.record().read;
        while Instant::now() < end {
            let seen = side.events.seen();
            if self.handle.record().is_closed() {
                return Err(error::closed());
            }
            let until = side.until(Some(end));
            side.events.wait_as(seen, until, WaitReason::Io, Location::caller());
            if side.is_late() {
                return Err(error::timed_out());
            }
        }
        Ok(())
    }

    /// Waits until reading would not. Who waits so needs no buffer meanwhile.
    ///
    /// # Blocking
    /// Until there is something to read, or the end; a dump shows `[IO wait]`.
    ///
    /// # Errors
    /// As [`read_with`](Fd::read_with).
    #[track_caller]
    pub fn wait_readable(&self) -> io::Result<()> {
        let record = self.handle.record();
        let seen = record.read.events.seen();
        // With so many events seen there was nothing to read.
        let mut empty = record.read.is_drained(seen).then_some(seen);
        let ask = |inner: &T| match empty.replace(record.read.events.seen()) {
            Some(empty) if record.has_heard_since(empty) => Ok(()), // the poller has asked the kernel
            _ => sys::is_ready(inner.as_fd(), Direction::Read),
        };
        self.read_with(ask)
    }

    /// Waits until writing would not.
    ///
    /// # Blocking
    /// Until there is room, or an error to be told; a dump shows `[IO wait]`.
    ///
    /// # Errors
    /// As [`write_with`](Fd::write_with).
    #[track_caller]
    pub fn wait_writable(&self) -> io::Result<()> {
        self.write_with(|inner| sys::is_ready(inner.as_fd(), Direction::Write))
    }

    /// That reading would not wait, as an arm of a select: `on(fd.readable())`.
    ///
    /// # Examples
    /// ```
    /// use gorge::io::Fd;
    /// use std::io::{Read, Write, pipe};
    /// use std::time::Duration;
    ///
    /// let (reader, mut writer) = pipe().unwrap();
    /// let reader = Fd::new(reader).unwrap();
    /// gorge::select! {
    ///     on(reader.readable()) -> _ => panic!("nothing was written"),
    ///     timeout(Duration::from_millis(1)) => {}
    /// }
    /// writer.write_all(b"x").unwrap();
    /// gorge::select! {
    ///     on(reader.readable()) -> ready => ready.unwrap(),
    ///     timeout(Duration::from_secs(60)) => panic!("it is there"),
    /// }
    /// assert_eq!((&reader).read(&mut [0; 8]).unwrap(), 1);
    /// ```
    pub fn readable(&self) -> Ready<'_> {
        Ready::new(&self.handle, self.inner.as_fd(), Direction::Read)
    }

    /// That writing would not wait, as an arm of a select: `on(fd.writable())`.
    pub fn writable(&self) -> Ready<'_> {
        Ready::new(&self.handle, self.inner.as_fd(), Direction::Write)
    }

    /// From `deadline` on reading fails with [`TimedOut`](io::ErrorKind::TimedOut), also where somebody
    /// waits to read now; `None` for no deadline.
    ///
    /// # Examples
    /// ```
    /// use gorge::{io::Fd, time};
    /// use std::io::{ErrorKind, Read};
    /// use std::time::Duration;
    ///
    /// let (reader, _writer) = std::io::pipe().unwrap();
    /// let reader = Fd::new(reader).unwrap();
    /// reader.set_read_deadline(Some(time::now() + Duration::from_millis(1)));
    /// assert_eq!((&reader).read(&mut [0]).unwrap_err().kind(), ErrorKind::TimedOut);
    /// reader.set_deadline(None); // both
    /// reader.set_write_deadline(None);
    /// ```
    pub fn set_read_deadline(&self, deadline: Option<Instant>) {
        self.handle.record().read.set_deadline(deadline);
    }

    /// As [`set_read_deadline`](Fd::set_read_deadline), for writing.
    pub fn set_write_deadline(&self, deadline: Option<Instant>) {
        self.handle.record().write.set_deadline(deadline);
    }

    /// Both [`set_read_deadline`](Fd::set_read_deadline) and [`set_write_deadline`](Fd::set_write_deadline).
    pub fn set_deadline(&self, deadline: Option<Instant>) {
        self.set_read_deadline(deadline);
        self.set_write_deadline(deadline);
    }

    /// How long one operation that reads may wait before it fails with
    /// [`TimedOut`](io::ErrorKind::TimedOut).
    ///
    /// # Errors
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) for a time of zero, as in `std`.
    ///
    /// # Examples
    /// ```
    /// use gorge::io::Fd;
    /// use std::io::{ErrorKind, Read};
    /// use std::time::Duration;
    ///
    /// let (reader, _writer) = std::io::pipe().unwrap();
    /// let reader = Fd::new(reader).unwrap();
    /// reader.set_read_timeout(Some(Duration::from_millis(1))).unwrap(); // for each read
    /// assert_eq!((&reader).read(&mut [0]).unwrap_err().kind(), ErrorKind::TimedOut);
    /// assert_eq!(reader.read_timeout(), Some(Duration::from_millis(1)));
    /// reader.set_write_timeout(None).unwrap();
    /// assert_eq!(reader.write_timeout(), None);
    /// ```
    pub fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.handle.record().limit(Direction::Read).set(error::not_zero(timeout)?);
        Ok(())
    }

    /// As [`set_read_timeout`](Fd::set_read_timeout), for writing.
    ///
    /// # Errors
    /// As there.
    pub fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.handle.record().limit(Direction::Write).set(error::not_zero(timeout)?);
        Ok(())
    }

    /// As set with [`set_read_timeout`](Fd::set_read_timeout).
    pub fn read_timeout(&self) -> Option<Duration> {
        self.handle.record().limit(Direction::Read).get()
    }

    /// As set with [`set_write_timeout`](Fd::set_write_timeout).
    pub fn write_timeout(&self) -> Option<Duration> {
        self.handle.record().limit(Direction::Write).get()
    }
}

/// For what owns its descriptor: who has only borrowed it must not take it from its owner.
impl<T: AsFd + Into<OwnedFd>> Fd<T> {
    /// Closes the file behind the descriptor: who waits for it goes on with a
    /// [`Closed`](crate::net::Closed), and so does every later operation. The number stays taken
    /// (by something that can do nothing) until the `Fd` is dropped, so it
    /// can never come to mean something else under somebody's hands.
    ///
    /// # Errors
    /// [`Closed`](crate::net::Closed) if that has been done already; else those of the system.
    ///
    /// # Examples
    /// ```
    /// use gorge::{go, io::Fd, net::is_closed};
    /// use std::{io::Read, sync::Arc};
    ///
    /// let (reader, _writer) = std::io::pipe().unwrap();
    /// let reader = Arc::new(Fd::new(reader).unwrap());
    /// let theirs = reader.clone();
    /// let waiting = go(move || (&*theirs).read(&mut [0]));
    /// reader.close().unwrap(); // whoever waits is told, and whoever comes
    /// assert!(is_closed(&waiting.join().unwrap().unwrap_err()));
    /// ```
    ///
    /// ```compile_fail
    /// let owned = std::io::pipe().unwrap().0;
    /// let borrows = gorge::io::Fd::new(&owned).unwrap();
    /// borrows.close().unwrap(); // it is the owner's
    /// ```
    ///
    /// # Compared with Go
    /// `Close` of a connection or a listener.
    pub fn close(&self) -> io::Result<()> {
        if !self.handle.close() {
            return Err(error::closed());
        }
        let result = sys::replace_by_nothing(self.inner.as_fd());
        self.handle.wake_all();
        result
    }
}
