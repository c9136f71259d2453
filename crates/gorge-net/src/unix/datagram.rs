//! Datagrams within one machine.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::net::{self as std_unix, SocketAddr};
use std::path::Path;
use std::time::Duration;

use gorge_sync::time::Instant;

use super::address::Shown;
use crate::common::socket;
use crate::fd::{Fd, Ready};
use crate::socket::Naming;

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
/// client.connect(&path).unwrap();
/// client.send(b"another").unwrap();
/// assert_eq!(server.recv(&mut text).unwrap(), 7);
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

    /// As [`bind`](Self::bind), with an address of `std`: also a name that is in no file system (Linux).
    ///
    /// # Errors
    /// Those of the system, naming the address.
    ///
    /// # Examples
    /// ```
    /// # #[cfg(target_os = "linux")] {
    /// use gorge::net::UnixDatagram;
    /// use std::os::{linux::net::SocketAddrExt, unix::net::SocketAddr};
    ///
    /// let name = format!("gorge-doc-datagrams-{}", std::process::id());
    /// let address = SocketAddr::from_abstract_name(name).unwrap();
    /// let server = UnixDatagram::bind_addr(&address).unwrap();
    /// let client = UnixDatagram::unbound().unwrap();
    /// client.connect_addr(&address).unwrap();
    /// client.send(b"hello").unwrap();
    /// client.send_to_addr(b"again", &address).unwrap();
    /// assert_eq!(server.recv(&mut [0; 8]).unwrap() + server.recv(&mut [0; 8]).unwrap(), 10);
    /// # }
    /// ```
    pub fn bind_addr(address: &SocketAddr) -> io::Result<UnixDatagram> {
        let bound = std_unix::UnixDatagram::bind_addr(address);
        Ok(bound.naming("binding to", Shown(address))?.into())
    }

    /// As [`connect`](Self::connect), with an address of `std`.
    ///
    /// # Errors
    /// Those of the system, naming the address.
    pub fn connect_addr(&self, address: &SocketAddr) -> io::Result<()> {
        self.fd.get_ref().connect_addr(address).naming("connecting to", Shown(address))
    }

    /// As [`send_to`](Self::send_to), with an address of `std`.
    ///
    /// # Blocking
    /// As [`send_to`](Self::send_to).
    ///
    /// # Errors
    /// Those of the system, naming the address.
    #[track_caller]
    pub fn send_to_addr(&self, buf: &[u8], address: &SocketAddr) -> io::Result<usize> {
        let sent = self.fd.write_with(|socket| socket.send_to_addr(buf, address));
        sent.naming("sending to", Shown(address))
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
