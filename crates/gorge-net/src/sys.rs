//! The few calls of the system that `std` has not, and two that are made without libc.
//!
//! What reads and writes a socket in libc is a point at which POSIX may cancel a thread: two locked
//! instructions on the thread's control block, which for us is the goroutine's and most often not in the
//! cache. Nobody cancels goroutines; so the system is asked directly.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::OnceLock;

use gorge_sched::netpoll::Direction;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{RecvFlags, SendFlags};

/// Reads from a socket that is in non-blocking mode.
#[inline]
pub(crate) fn recv(socket: &impl AsFd, buf: &mut [u8]) -> io::Result<usize> {
    Ok(rustix::net::recv(socket, buf, RecvFlags::empty())?.0)
}

/// Writes to a socket that is in non-blocking mode; nobody who would read it is an error, no signal.
#[inline]
pub(crate) fn send(socket: &impl AsFd, buf: &[u8]) -> io::Result<usize> {
    // Elsewhere `std` has said so when it made the socket.
    #[cfg(target_vendor = "apple")]
    let flags = SendFlags::empty();
    #[cfg(not(target_vendor = "apple"))]
    let flags = SendFlags::NOSIGNAL;
    Ok(rustix::net::send(socket, buf, flags)?)
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
