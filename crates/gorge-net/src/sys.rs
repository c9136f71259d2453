//! The few calls of the system that `std` has not, and two that are made without libc.
//!
//! What reads and writes a socket in libc is a point at which POSIX may cancel a thread: two locked
//! instructions on the thread's control block, which for us is the goroutine's and most often not in the
//! cache. Nobody cancels goroutines; so the system is asked directly.
//!
//! Each call says that it does not wait: the mode of the descriptor is shared with its clones, of which one may have
//! been given to `std` and put back into blocking mode.

use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::OnceLock;

use gorge_sched::netpoll::Direction;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{RecvAncillaryBuffer, RecvFlags, SendAncillaryBuffer, SendFlags};

/// Reads from a socket what is there.
#[inline]
pub(crate) fn recv(socket: &impl AsFd, buf: &mut [u8]) -> io::Result<usize> {
    Ok(rustix::net::recv(socket, buf, RecvFlags::DONTWAIT)?.0)
}

/// Reads what is there, and leaves it there.
pub(crate) fn peek(socket: &impl AsFd, buf: &mut [u8]) -> io::Result<usize> {
    Ok(rustix::net::recv(socket, buf, RecvFlags::DONTWAIT | RecvFlags::PEEK)?.0)
}

/// As [`recv`], into several buffers.
pub(crate) fn recv_vectored(socket: &impl AsFd, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
    let pieces = bufs.len().min(PIECES);
    let bufs = &mut bufs[..pieces];
    let nothing_else = &mut RecvAncillaryBuffer::default();
    Ok(rustix::net::recvmsg(socket, bufs, nothing_else, RecvFlags::DONTWAIT)?.bytes)
}

/// How a stream is written to, here and by those that lend streams to others: without waiting; and nobody who would read it is an
/// error, no signal.
#[cfg(not(target_vendor = "apple"))]
pub const SENDING: SendFlags = SendFlags::DONTWAIT.union(SendFlags::NOSIGNAL);
/// The same: of the signal `std` has spoken when it made the socket.
#[cfg(target_vendor = "apple")]
pub const SENDING: SendFlags = SendFlags::DONTWAIT;

/// Writes to a socket what there is room for.
#[inline]
pub(crate) fn send(socket: &impl AsFd, buf: &[u8]) -> io::Result<usize> {
    Ok(rustix::net::send(socket, buf, SENDING)?)
}

/// As [`send`], from several buffers.
pub(crate) fn send_vectored(socket: &impl AsFd, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
    let bufs = &bufs[..PIECES.min(bufs.len())];
    Ok(rustix::net::sendmsg(socket, bufs, &mut SendAncillaryBuffer::default(), SENDING)?)
}

/// So many pieces the system takes at once: Linux, Apple's, and the BSDs' `IOV_MAX`.
const PIECES: usize = 1024;

/// How many bytes one call moves at most. What lies behind that is not "would block": nobody would hear that it goes
/// on.
pub(crate) fn at_once<B: std::ops::Deref<Target = [u8]>>(bufs: &[B]) -> usize {
    bufs.iter().take(PIECES).map(|buf| buf.len()).sum()
}

/// Whether reading or writing would not wait; else `WouldBlock`.
pub(crate) fn is_ready(fd: BorrowedFd<'_>, direction: Direction) -> io::Result<()> {
    let flags = match direction {
        Direction::Read => PollFlags::IN,
        Direction::Write => PollFlags::OUT,
    };
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    loop {
        match poll(&mut [PollFd::new(&fd, flags)], Some(&now)) {
            Ok(0) => return Err(io::ErrorKind::WouldBlock.into()),
            Ok(_) => return Ok(()),
            Err(rustix::io::Errno::INTR) => {} // says nothing about the descriptor
            Err(error) => return Err(error.into()),
        }
    }
}

/// Puts something that can neither be read nor written in the place of what is
/// behind `fd`, which is thereby closed.
pub(crate) fn replace_by_nothing(fd: BorrowedFd<'_>) -> io::Result<()> {
    static NOTHING: OnceLock<OwnedFd> = OnceLock::new();
    if NOTHING.get().is_none() {
        let _ = NOTHING.set(nothing()?);
    }
    let nothing = NOTHING.get().expect("set above").as_fd();
    // SAFETY: the number stays open and with its owner; what is behind it
    // changes hands in one step.
    let mut target = std::mem::ManuallyDrop::new(unsafe {
        use std::os::fd::FromRawFd;
        OwnedFd::from_raw_fd(fd.as_raw_fd())
    });
    #[cfg(target_os = "linux")]
    rustix::io::dup3(nothing, &mut target, rustix::io::DupFlags::CLOEXEC)?;
    #[cfg(not(target_os = "linux"))]
    rustix::io::dup2(nothing, &mut target)?;
    Ok(())
}

/// On Linux a descriptor that only names a place: everything fails with `EBADF`.
#[cfg(target_os = "linux")]
fn nothing() -> io::Result<OwnedFd> {
    use rustix::fs::{Mode, OFlags, open};
    Ok(open("/", OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?)
}

/// Elsewhere the reading end of a pipe whose writing end is closed.
#[cfg(not(target_os = "linux"))]
fn nothing() -> io::Result<OwnedFd> {
    Ok(io::pipe()?.0.into())
}
