//! Sockets within one machine.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::net::{self as std_unix, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gorge_sync::time::Instant;

use crate::common::{halves, socket, stream};
use crate::error;
use crate::fd::{Fd, Ready};
use crate::socket::{self, Naming};

/// A connection between two processes of one machine.
///
/// # Examples
/// ```
/// use gorge::net::UnixStream;
/// use std::io::{Read, Write};
///
/// let (mut a, mut b) = UnixStream::pair().unwrap();
/// a.write_all(b"hello").unwrap();
/// drop(a);
/// let mut word = String::new();
/// b.read_to_string(&mut word).unwrap();
/// assert_eq!(word, "hello");
/// ```
///
/// # Compared with Go
/// `net.UnixConn`.
pub struct UnixStream {
    fd: Fd<std_unix::UnixStream>,
}

socket!(UnixStream, std_unix::UnixStream);
stream!(UnixStream, read_unix, write_stream);
halves!(UnixStream, UnixReadHalf, UnixWriteHalf);

impl Fd<std_unix::UnixStream> {
    /// A read that is short may have stopped at the border between two senders: it
    /// says nothing about what comes next.
    #[track_caller]
    fn read_unix(
        &self,
        _room: usize,
        operation: impl FnMut(&std_unix::UnixStream) -> io::Result<usize>,
    ) -> io::Result<usize> {
        self.read_with(operation)
    }
}

impl UnixStream {
    fn of(fd: Fd<std_unix::UnixStream>) -> UnixStream {
        UnixStream { fd }
    }

    /// Connects to a listener.
    ///
    /// # Blocking
    /// While too many others wait for it; a dump shows `[sleep]`.
    ///
    /// # Errors
    /// Those of the system, naming the path.
    #[track_caller]
    pub fn connect<P: AsRef<Path>>(path: P) -> io::Result<UnixStream> {
        let path = path.as_ref();
        let socket = socket::connect_unix(path).naming("connecting to", path.display())?;
        Ok(UnixStream::of(Fd::from_nonblocking(socket.into())))
    }

    /// Two that are connected to each other.
    ///
    /// # Errors
    /// Those of the system.
    pub fn pair() -> io::Result<(UnixStream, UnixStream)> {
        let (a, b) = std_unix::UnixStream::pair()?;
        Ok((a.into(), b.into()))
    }

    /// Where the other side listens.
    ///
    /// # Errors
    /// Those of the system.
    ///
    /// # Examples
    /// ```
    /// use gorge::net::{Shutdown, UnixStream};
    /// use std::io::Read;
    ///
    /// let (mut one, other) = UnixStream::pair().unwrap();
    /// assert!(one.local_addr().unwrap().is_unnamed() && one.peer_addr().unwrap().is_unnamed());
    /// other.shutdown(Shutdown::Write).unwrap();
    /// assert_eq!(one.read(&mut [0]).unwrap(), 0); // the end
    /// ```
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.fd.get_ref().peer_addr()
    }

    /// Where this side listens.
    ///
    /// # Errors
    /// Those of the system.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.fd.get_ref().local_addr()
    }

    /// Ends one direction, or both.
    ///
    /// # Errors
    /// Those of the system.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.fd.get_ref().shutdown(how)
    }

    #[cold]
    fn name(&self, doing: &str, error: io::Error) -> io::Error {
        match self.peer_addr().ok().and_then(|a| Some(a.as_pathname()?.display().to_string())) {
            Some(path) => error::while_doing(format_args!("{doing} {path}"), error),
            None => error,
        }
    }
}

/// Where connections of one machine come to.
///
/// # Examples
/// ```
/// use gorge::net::{UnixListener, UnixStream};
///
/// let path = std::env::temp_dir().join(format!("gorge-doc-{}", std::process::id()));
/// gorge::run(move || {
///     let listener = UnixListener::bind(&path).unwrap();
///     let client = UnixStream::connect(&path).unwrap();
///     let (server, _) = listener.accept().unwrap();
///     std::fs::remove_file(path).unwrap();
///     drop((client, server));
/// });
/// ```
///
/// # Compared with Go
/// `net.UnixListener`; the file is not removed when it is closed.
pub struct UnixListener {
    fd: Fd<std_unix::UnixListener>,
}

socket!(UnixListener, std_unix::UnixListener);

impl UnixListener {
    fn of(fd: Fd<std_unix::UnixListener>) -> UnixListener {
        UnixListener { fd }
    }

    /// Listens at a path, which must not exist.
    ///
    /// # Errors
    /// Those of the system, naming the path.
    pub fn bind<P: AsRef<Path>>(path: P) -> io::Result<UnixListener> {
        let path = path.as_ref();
        let socket = socket::listen_unix(path).naming("listening at", path.display())?;
        Ok(UnixListener::of(Fd::from_nonblocking(socket.into())))
    }

    /// Takes a connection.
    ///
    /// # Blocking
    /// As [`TcpListener::accept`](super::tcp::TcpListener::accept).
    ///
    /// # Errors
    /// As there.
    #[track_caller]
    pub fn accept(&self) -> io::Result<(UnixStream, SocketAddr)> {
        let (socket, _) = socket::accept_patiently(&self.fd)?;
        let stream = UnixStream::of(Fd::from_nonblocking(socket.into()));
        let peer = stream.peer_addr()?;
        Ok((stream, peer))
    }

    /// Takes one connection after the other, for ever.
    ///
    /// # Examples
    /// ```
    /// use gorge::{go, net::{UnixListener, UnixStream}};
    ///
    /// let path = std::env::temp_dir().join(format!("gorge-doc-incoming-{}", std::process::id()));
    /// let listener = UnixListener::bind(&path).unwrap();
    /// assert_eq!(listener.local_addr().unwrap().as_pathname(), Some(&*path));
    /// let server = path.clone();
    /// let client = go(move || UnixStream::connect(server).is_ok());
    /// assert!(listener.incoming().next().unwrap().is_ok());
    /// assert!(client.join().unwrap());
    /// std::fs::remove_file(path).unwrap();
    /// ```
    #[track_caller]
    pub fn incoming(&self) -> impl Iterator<Item = io::Result<UnixStream>> + '_ {
        std::iter::repeat_with(|| self.accept().map(|(stream, _)| stream))
    }

    /// Where it listens.
    ///
    /// # Errors
    /// Those of the system.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.fd.get_ref().local_addr()
    }
}

/// Datagrams within one machine.
///
/// # Examples
/// ```
/// use gorge::net::UnixDatagram;
///
/// let path = std::env::temp_dir().join(format!("gorge-doc-datagram-{}", std::process::id()));
/// let server = UnixDatagram::bind(&path).unwrap();
/// let client = UnixDatagram::unbound().unwrap();
/// client.send_to(b"question", &path).unwrap();
/// let mut text = [0; 16];
/// let (length, from) = server.recv_from(&mut text).unwrap();
/// assert_eq!(&text[..length], b"question");
/// assert!(from.is_unnamed());
/// assert_eq!(server.local_addr().unwrap().as_pathname(), Some(&*path));
/// std::fs::remove_file(path).unwrap();
///
/// let (one, other) = UnixDatagram::pair().unwrap();
/// one.send(b"answer").unwrap();
/// assert_eq!(other.recv(&mut text).unwrap(), 6);
/// assert!(other.peer_addr().unwrap().is_unnamed());
/// ```
///
/// # Compared with Go
/// `net.UnixConn` with the network `unixgram`.
pub struct UnixDatagram {
    fd: Fd<std_unix::UnixDatagram>,
}

socket!(UnixDatagram, std_unix::UnixDatagram);

impl UnixDatagram {
    fn of(fd: Fd<std_unix::UnixDatagram>) -> UnixDatagram {
        UnixDatagram { fd }
    }

    /// A socket at a path, which must not exist.
    ///
    /// # Errors
    /// Those of the system, naming the path.
    pub fn bind<P: AsRef<Path>>(path: P) -> io::Result<UnixDatagram> {
        let path = path.as_ref();
        Ok(std_unix::UnixDatagram::bind(path).naming("binding to", path.display())?.into())
    }

    /// A socket at no path.
    ///
    /// # Errors
    /// Those of the system.
    pub fn unbound() -> io::Result<UnixDatagram> {
        Ok(std_unix::UnixDatagram::unbound()?.into())
    }

    /// Two that are connected to each other.
    ///
    /// # Errors
    /// Those of the system.
    pub fn pair() -> io::Result<(UnixDatagram, UnixDatagram)> {
        let (a, b) = std_unix::UnixDatagram::pair()?;
        Ok((a.into(), b.into()))
    }

    /// From now on [`send`](Self::send) sends there.
    ///
    /// # Errors
    /// Those of the system, naming the path.
    pub fn connect<P: AsRef<Path>>(&self, path: P) -> io::Result<()> {
        let path = path.as_ref();
        self.fd.get_ref().connect(path).naming("connecting to", path.display())
    }

    /// Receives a datagram, and says from where.
    ///
    /// # Blocking
    /// Until one comes; a dump shows `[IO wait]`.
    ///
    /// # Errors
    /// [`TimedOut`](io::ErrorKind::TimedOut), [`Closed`](crate::net::Closed), those of the system.
    #[track_caller]
    pub fn recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.fd.read_with(|socket| socket.recv_from(buf))
    }

    /// Receives a datagram.
    ///
    /// # Blocking
    /// As [`recv_from`](Self::recv_from).
    ///
    /// # Errors
    /// As there.
    #[track_caller]
    pub fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.fd.read_with(|socket| socket.recv(buf))
    }

    /// Sends a datagram to a path.
    ///
    /// # Blocking
    /// Until there is room for it; a dump shows `[IO wait]`.
    ///
    /// # Errors
    /// Those of the system, naming the path.
    #[track_caller]
    pub fn send_to<P: AsRef<Path>>(&self, buf: &[u8], path: P) -> io::Result<usize> {
        let path = path.as_ref();
        let sent = self.fd.write_with(|socket| socket.send_to(buf, path));
        sent.naming("sending to", path.display())
    }

    /// Sends a datagram to where it is [connected](Self::connect).
    ///
    /// # Blocking
    /// As [`send_to`](Self::send_to).
    ///
    /// # Errors
    /// Those of the system.
    #[track_caller]
    pub fn send(&self, buf: &[u8]) -> io::Result<usize> {
        self.fd.write_with(|socket| socket.send(buf))
    }

    /// Where it is.
    ///
    /// # Errors
    /// Those of the system.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.fd.get_ref().local_addr()
    }

    /// Where it is [connected](Self::connect) to.
    ///
    /// # Errors
    /// Those of the system.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.fd.get_ref().peer_addr()
    }
}
