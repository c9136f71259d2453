//! A TCP connection.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::Arc;
use std::time::Duration;

use gorge_flow::context::Context;
use gorge_sync::time::Instant;
use rustix::net::sockopt;

use crate::addr::{self, ToSocketAddrs};
use crate::common::{halves, socket, stream};
use crate::error;
use crate::fd::{Fd, Ready};
use crate::socket::{self, Naming};

/// A TCP connection.
///
/// `&TcpStream` reads and writes too, so two goroutines can use it at once, and synchronous libraries
/// (TLS, HTTP, WebSocket, databases) run on it unchanged.
///
/// # Examples
/// See [`TcpListener`](super::TcpListener).
///
/// ```
/// use gorge::net::{Keepalive, Shutdown, TcpListener, TcpStream};
/// use std::io::{Read, Write};
/// use std::time::Duration;
///
/// let listener = TcpListener::bind("127.0.0.1:0").unwrap();
/// let address = listener.local_addr().unwrap();
/// let client = TcpStream::connect(address).unwrap();
/// let (server, _) = listener.accept().unwrap();
/// assert_eq!(client.peer_addr().unwrap(), server.local_addr().unwrap());
///
/// client.set_nodelay(true).unwrap();
/// client.set_ttl(42).unwrap();
/// client.set_linger(Some(Duration::from_secs(1))).unwrap();
/// client.set_keepalive(Some(Keepalive::default())).unwrap();
/// assert_eq!((client.nodelay().unwrap(), client.ttl().unwrap()), (true, 42));
/// assert_eq!(client.linger().unwrap(), Some(Duration::from_secs(1)));
///
/// (&client).write_all(b"good day").unwrap(); // a shared stream reads and writes, too
/// client.shutdown(Shutdown::Write).unwrap();
/// assert_eq!(server.peek(&mut [0; 4]).unwrap(), 4);
/// let mut text = String::new();
/// (&server).read_to_string(&mut text).unwrap();
/// assert_eq!(text, "good day");
///
/// assert!(TcpStream::connect_timeout(&address, Duration::from_secs(60)).is_ok());
/// ```
///
/// # Compared with Go
/// `net.TCPConn`; but Nagle's algorithm is on as in `std`, unless it comes from [`dial`](crate::net::dial).
pub struct TcpStream {
    fd: Fd<std::net::TcpStream>,
    /// For the texts of errors: the system forgets it when the connection is reset.
    peer: Option<SocketAddr>,
}

socket!(TcpStream, std::net::TcpStream);
stream!(TcpStream, read_stream, write_stream);
halves!(TcpStream, OwnedReadHalf, OwnedWriteHalf);

/// When to find out whether the other side is still there.
///
/// # Examples
/// ```
/// use gorge::net::Keepalive;
/// use std::time::Duration;
///
/// let often = Keepalive { idle: Duration::from_secs(5), ..Keepalive::default() };
/// assert_eq!(often.count, 9);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Keepalive {
    /// After so long without any data it is asked for the first time.
    pub idle: Duration,
    /// Then again after each such time.
    pub interval: Duration,
    /// After so many questions without an answer the connection is over.
    pub count: u32,
}

impl Default for Keepalive {
    /// As in Go: after 15 seconds, every 15 seconds, nine times.
    fn default() -> Self {
        let idle = Duration::from_secs(15);
        Keepalive { idle, interval: idle, count: 9 }
    }
}

impl TcpStream {
    fn of(fd: Fd<std::net::TcpStream>) -> TcpStream {
        let peer = fd.get_ref().peer_addr().ok();
        TcpStream { fd, peer }
    }

    /// `socket` is in non-blocking mode.
    pub(crate) fn with_peer(socket: std::net::TcpStream, peer: SocketAddr) -> TcpStream {
        TcpStream { fd: Fd::from_nonblocking(socket), peer: Some(peer) }
    }

    /// Connects to one of these addresses, trying one after the other. For names with many
    /// addresses [`dial`](crate::net::dial) is better.
    ///
    /// # Blocking
    /// Until the connection is there; a dump shows `[IO wait]`.
    ///
    /// # Errors
    /// Those of the system, naming the address: refused, unreachable, timed out, name not found.
    #[track_caller]
    pub fn connect<A: ToSocketAddrs>(address: A) -> io::Result<TcpStream> {
        addr::each(address, |address| TcpStream::connect_until(address, None))
    }

    /// Connects to an address within some time.
    ///
    /// # Blocking
    /// As [`connect`](Self::connect).
    ///
    /// # Errors
    /// [`TimedOut`](io::ErrorKind::TimedOut) after that time,
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) for a time of zero; else as [`connect`](Self::connect).
    #[track_caller]
    pub fn connect_timeout(address: &SocketAddr, timeout: Duration) -> io::Result<TcpStream> {
        error::not_zero(Some(timeout))?;
        TcpStream::connect_until(*address, Some(Instant::now() + timeout))
    }

    #[track_caller]
    fn connect_until(address: SocketAddr, deadline: Option<Instant>) -> io::Result<TcpStream> {
        let socket = socket::connect_tcp(address, deadline).naming("connecting to", address)?;
        Ok(TcpStream::with_peer(socket.into(), address))
    }

    /// Connects, until `ctx` is done.
    #[track_caller]
    pub(crate) fn connect_in(
        ctx: &Context,
        address: SocketAddr,
        from: Option<SocketAddr>,
    ) -> io::Result<TcpStream> {
        let connected = socket::connect_tcp_in(ctx, address, from);
        Ok(TcpStream::with_peer(connected.naming("connecting to", address)?.into(), address))
    }

    #[cfg(target_os = "linux")]
    pub(crate) fn fd(&self) -> &Fd<std::net::TcpStream> {
        &self.fd
    }

    #[cold]
    pub(crate) fn name(&self, doing: &str, error: io::Error) -> io::Error {
        match self.peer {
            Some(peer) => error::while_doing(format_args!("{doing} {peer}"), error),
            None => error,
        }
    }

    /// Who is on the other side.
    ///
    /// # Errors
    /// Those of the system.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.fd.get_ref().peer_addr()
    }

    /// The address on this side.
    ///
    /// # Errors
    /// Those of the system.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.fd.get_ref().local_addr()
    }

    /// Ends one direction, or both: the other side reads the end; who reads here reads the end.
    ///
    /// # Errors
    /// Those of the system: it is not connected any more.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.fd.get_ref().shutdown(how)
    }

    /// Reads without taking it away.
    ///
    /// # Blocking
    /// As reading.
    ///
    /// # Errors
    /// As reading.
    #[track_caller]
    pub fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        let result = self.fd.read_with(|socket| crate::sys::peek(socket, buf));
        result.map_err(|error| self.name("reading from", error))
    }

    /// Whether small writes go out at once (Nagle's algorithm off).
    ///
    /// # Errors
    /// Those of the system.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.fd.get_ref().set_nodelay(nodelay)
    }

    /// As set with [`set_nodelay`](Self::set_nodelay).
    ///
    /// # Errors
    /// Those of the system.
    pub fn nodelay(&self) -> io::Result<bool> {
        self.fd.get_ref().nodelay()
    }

    /// See [`std::net::TcpStream::set_ttl`].
    ///
    /// # Errors
    /// Those of the system.
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.fd.get_ref().set_ttl(ttl)
    }

    /// See [`std::net::TcpStream::ttl`].
    ///
    /// # Errors
    /// Those of the system.
    pub fn ttl(&self) -> io::Result<u32> {
        self.fd.get_ref().ttl()
    }

    /// What closing does with data that have not arrived: `None` sends them in the background, zero
    /// drops them and resets the connection, else closing waits so long (and blocks the thread).
    ///
    /// # Errors
    /// Those of the system.
    pub fn set_linger(&self, linger: Option<Duration>) -> io::Result<()> {
        Ok(sockopt::set_socket_linger(&self.fd, linger)?)
    }

    /// As set with [`set_linger`](Self::set_linger).
    ///
    /// # Errors
    /// Those of the system.
    pub fn linger(&self) -> io::Result<Option<Duration>> {
        Ok(sockopt::socket_linger(&self.fd)?)
    }

    /// Whether and when the system finds out that the other side is gone.
    ///
    /// # Errors
    /// Those of the system.
    pub fn set_keepalive(&self, keepalive: Option<Keepalive>) -> io::Result<()> {
        sockopt::set_socket_keepalive(&self.fd, keepalive.is_some())?;
        if let Some(Keepalive { idle, interval, count }) = keepalive {
            sockopt::set_tcp_keepidle(&self.fd, idle)?;
            sockopt::set_tcp_keepintvl(&self.fd, interval)?;
            sockopt::set_tcp_keepcnt(&self.fd, count)?;
        }
        Ok(())
    }
}
