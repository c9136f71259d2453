//! Making sockets, connecting and accepting, without blocking.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use gorge_flow::context::Context;
use gorge_sync::time::Instant;
use rustix::io::Errno;
use rustix::net::addr::SocketAddrArg;
use rustix::net::{AddressFamily, SocketAddrAny, SocketAddrUnix, SocketType, sockopt};

use crate::error;
use crate::fd::Fd;

/// As many as the system allows wait to be accepted (it lowers this to its limit).
const BACKLOG: i32 = 4096;

#[cfg(not(target_vendor = "apple"))]
fn open(family: AddressFamily, kind: SocketType) -> io::Result<OwnedFd> {
    use rustix::net::{SocketFlags, socket_with};
    Ok(socket_with(family, kind, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK, None)?)
}

#[cfg(target_vendor = "apple")]
fn open(family: AddressFamily, kind: SocketType) -> io::Result<OwnedFd> {
    prepare(rustix::net::socket(family, kind, None)?)
}

/// Accepts a connection if one is there.
#[cfg(not(target_vendor = "apple"))]
pub(crate) fn accept(listener: BorrowedFd<'_>) -> io::Result<(OwnedFd, Option<SocketAddrAny>)> {
    use rustix::net::{SocketFlags, acceptfrom_with};
    Ok(acceptfrom_with(listener, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK)?)
}

/// Accepts a connection if one is there.
#[cfg(target_vendor = "apple")]
pub(crate) fn accept(listener: BorrowedFd<'_>) -> io::Result<(OwnedFd, Option<SocketAddrAny>)> {
    let (fd, peer) = rustix::net::acceptfrom(listener)?;
    Ok((prepare(fd)?, peer))
}

#[cfg(target_vendor = "apple")]
fn prepare(fd: OwnedFd) -> io::Result<OwnedFd> {
    rustix::io::fcntl_setfd(&fd, rustix::io::FdFlags::CLOEXEC)?;
    rustix::io::ioctl_fionbio(&fd, true)?;
    Ok(fd)
}

fn family(address: SocketAddr) -> AddressFamily {
    if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 }
}

/// A socket that listens at `address`.
pub(crate) fn listen_tcp(address: SocketAddr) -> io::Result<OwnedFd> {
    let socket = open(family(address), SocketType::STREAM)?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    rustix::net::bind(&socket, &address)?;
    rustix::net::listen(&socket, BACKLOG)?;
    Ok(socket)
}

/// Begins to connect, and waits until `deadline` at most.
#[track_caller]
pub(crate) fn connect_tcp(address: SocketAddr, deadline: Option<Instant>) -> io::Result<OwnedFd> {
    connect(open(family(address), SocketType::STREAM)?, &address, deadline)
}

/// As [`connect_tcp`], until `ctx` is done.
#[track_caller]
pub(crate) fn connect_tcp_in(
    ctx: &Context,
    address: SocketAddr,
    from: Option<SocketAddr>,
) -> io::Result<OwnedFd> {
    let socket = open(family(address), SocketType::STREAM)?;
    if let Some(from) = from {
        rustix::net::bind(&socket, &from)?;
    }
    let pending = Fd::from_nonblocking(socket);
    match rustix::net::connect(&pending, &address) {
        Err(Errno::INPROGRESS | Errno::INTR) => {
            ctx.wait_for(pending.writable()).map_err(error::of_context)??;
            sockopt::socket_error(&pending)??;
        }
        result => result?,
    }
    Ok(pending.into_inner())
}

#[track_caller]
fn connect(
    socket: OwnedFd,
    address: &impl SocketAddrArg,
    deadline: Option<Instant>,
) -> io::Result<OwnedFd> {
    let pending = Fd::from_nonblocking(socket);
    pending.set_write_deadline(deadline);
    match rustix::net::connect(&pending, address) {
        Err(Errno::INPROGRESS | Errno::INTR) => finish(&pending)?,
        result => result?,
    }
    Ok(pending.into_inner())
}

/// Waits until connecting has ended, and says how.
#[track_caller]
fn finish(pending: &Fd) -> io::Result<()> {
    pending.wait_writable()?;
    sockopt::socket_error(pending)??;
    Ok(())
}

/// A Unix stream socket that listens at `address`.
pub(crate) fn listen_unix(address: &SocketAddrUnix) -> io::Result<OwnedFd> {
    let socket = open(AddressFamily::UNIX, SocketType::STREAM)?;
    rustix::net::bind(&socket, address)?;
    rustix::net::listen(&socket, BACKLOG)?;
    Ok(socket)
}

/// Connects to a Unix stream socket. While its queue is full the system says
/// "try again", and cannot tell when: then `pause` says whether to, after so long.
#[track_caller]
pub(crate) fn connect_unix(
    address: &SocketAddrUnix,
    mut pause: impl FnMut(Duration) -> io::Result<()>,
) -> io::Result<OwnedFd> {
    let mut time = Duration::from_millis(1);
    loop {
        let socket = open(AddressFamily::UNIX, SocketType::STREAM)?;
        match connect(socket, address, None) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                pause(time)?;
                time = (time * 2).min(Duration::from_millis(50));
            }
            result => return result,
        }
    }
}

/// Out of descriptors or of memory: it passes.
pub(crate) fn is_shortage(error: &io::Error) -> bool {
    let shortages = [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM];
    error.raw_os_error().is_some_and(|code| shortages.iter().any(|e| e.raw_os_error() == code))
}

/// The connection had gone before it was accepted: the next one is no worse for it.
pub(crate) fn is_of_the_past(error: &io::Error) -> bool {
    let past = [
        Errno::CONNABORTED,
        Errno::PROTO,
        Errno::NETDOWN,
        Errno::HOSTDOWN,
        Errno::HOSTUNREACH,
        Errno::NETUNREACH,
    ];
    error.raw_os_error().is_some_and(|code| past.iter().any(|e| e.raw_os_error() == code))
}

/// How long to wait in a shortage. It doubles, as in Go's HTTP server.
pub(crate) const SHORTEST: Duration = Duration::from_millis(5);
pub(crate) const LONGEST: Duration = Duration::from_secs(1);

/// Accepts, and bears with shortages: waits a while, and tries again. A deadline and `close` end it.
#[track_caller]
pub(crate) fn accept_patiently<L: AsFd>(
    listener: &Fd<L>,
) -> io::Result<(OwnedFd, Option<SocketAddrAny>)> {
    let mut pause = SHORTEST;
    loop {
        match listener.read_with(|listener| accept(listener.as_fd())) {
            Err(error) if is_of_the_past(&error) => {}
            Err(error) if is_shortage(&error) => {
                listener.pause(Instant::now() + pause)?;
                pause = (pause * 2).min(LONGEST);
            }
            result => return result,
        }
    }
}

/// What was to be done with whom, in front of the error's own text.
pub(crate) trait Naming<T> {
    /// Adds what was being done.
    fn naming(self, doing: &str, whom: impl std::fmt::Display) -> io::Result<T>;
}

impl<T> Naming<T> for io::Result<T> {
    #[inline]
    fn naming(self, doing: &str, whom: impl std::fmt::Display) -> io::Result<T> {
        self.map_err(|error| error::while_doing(format_args!("{doing} {whom}"), error))
    }
}
