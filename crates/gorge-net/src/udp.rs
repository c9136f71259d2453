//! UDP.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::time::Duration;

use gorge_sync::time::Instant;

use crate::addr::{self, ToSocketAddrs};
use crate::common::socket;
use crate::error;
use crate::fd::{Fd, Ready};
use crate::socket::Naming;

/// A UDP socket.
///
/// # Examples
/// ```
/// use gorge::net::UdpSocket;
///
/// let a = UdpSocket::bind("127.0.0.1:0").unwrap();
/// let b = UdpSocket::bind("127.0.0.1:0").unwrap();
/// a.send_to(b"hello", b.local_addr().unwrap()).unwrap();
/// let mut word = [0; 16];
/// let (n, from) = b.recv_from(&mut word).unwrap();
/// assert_eq!((&word[..n], from), (&b"hello"[..], a.local_addr().unwrap()));
/// ```
///
/// # Compared with Go
/// `net.UDPConn`.
pub struct UdpSocket {
    fd: Fd<std::net::UdpSocket>,
}

socket!(UdpSocket, std::net::UdpSocket);

/// Options that `std` has, passed on.
macro_rules! options {
    ($($name:ident($($arg:ident: $of:ty),*) -> $result:ty;)*) => {$(
        #[doc = concat!("See [`std::net::UdpSocket::", stringify!($name), "`].")]
        ///
        /// # Errors
        /// Those of the system.
        pub fn $name(&self, $($arg: $of),*) -> io::Result<$result> {
            self.fd.get_ref().$name($($arg),*)
        }
    )*};
}

impl UdpSocket {
    fn of(fd: Fd<std::net::UdpSocket>) -> UdpSocket {
        UdpSocket { fd }
    }

    /// A socket at the first of these addresses where that is possible.
    ///
    /// # Errors
    /// Those of the system, naming the address.
    #[track_caller]
    pub fn bind<A: ToSocketAddrs>(address: A) -> io::Result<UdpSocket> {
        addr::each(address, |address| {
            let socket = std::net::UdpSocket::bind(address).naming("binding to", address)?;
            Ok(UdpSocket::of(Fd::new(socket)?))
        })
    }

    /// From now on [`send`](Self::send) sends to this address, and only what comes from there is received.
    ///
    /// # Errors
    /// Those of the system, naming the address.
    ///
    /// # Examples
    /// ```
    /// use gorge::net::UdpSocket;
    ///
    /// let server = UdpSocket::bind("127.0.0.1:0").unwrap();
    /// let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    /// client.connect(server.local_addr().unwrap()).unwrap();
    /// client.send(b"question").unwrap();
    /// let mut text = [0; 16];
    /// let (_, peer) = server.peek_from(&mut text).unwrap(); // it stays there
    /// assert_eq!(server.peek(&mut text).unwrap(), 8);
    /// assert_eq!(server.recv(&mut text).unwrap(), 8);
    /// assert_eq!(peer, client.local_addr().unwrap());
    /// ```
    #[track_caller]
    pub fn connect<A: ToSocketAddrs>(&self, address: A) -> io::Result<()> {
        addr::each(address, |address| {
            self.fd.get_ref().connect(address).naming("connecting to", address)
        })
    }

    /// Receives a datagram, and says from whom. What does not fit is lost.
    ///
    /// # Blocking
    /// Until one comes; a dump shows `[IO wait]`.
    ///
    /// # Errors
    /// [`TimedOut`](io::ErrorKind::TimedOut), [`Closed`](crate::net::Closed), those of the system.
    #[track_caller]
    pub fn recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.fd.read_with(|socket| socket.recv_from(buf)).map_err(|e| self.name(e))
    }

    /// As [`recv_from`](Self::recv_from), and leaves it there.
    ///
    /// # Blocking
    /// As there.
    ///
    /// # Errors
    /// As there.
    #[track_caller]
    pub fn peek_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.fd.read_with(|socket| socket.peek_from(buf)).map_err(|e| self.name(e))
    }

    /// Receives a datagram from the address [connected](Self::connect) to.
    ///
    /// # Blocking
    /// As [`recv_from`](Self::recv_from).
    ///
    /// # Errors
    /// As there; and [`ConnectionRefused`](io::ErrorKind::ConnectionRefused) if nobody is there.
    #[track_caller]
    pub fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.fd.read_with(|socket| socket.recv(buf)).map_err(|e| self.name(e))
    }

    /// As [`recv`](Self::recv), and leaves it there.
    ///
    /// # Errors
    /// As there.
    #[track_caller]
    pub fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.fd.read_with(|socket| socket.peek(buf)).map_err(|e| self.name(e))
    }

    /// Sends a datagram to the first of these addresses.
    ///
    /// # Blocking
    /// Until there is room for it; a dump shows `[IO wait]`.
    ///
    /// # Errors
    /// Those of the system, naming the address.
    #[track_caller]
    pub fn send_to<A: ToSocketAddrs>(&self, buf: &[u8], address: A) -> io::Result<usize> {
        let first = address.to_socket_addrs()?.next();
        let none = || io::Error::new(io::ErrorKind::InvalidInput, "no addresses to send data to");
        let address = first.ok_or_else(none)?;
        self.fd.write_with(|socket| socket.send_to(buf, address)).naming("sending to", address)
    }

    /// Sends a datagram to the address [connected](Self::connect) to.
    ///
    /// # Blocking
    /// As [`send_to`](Self::send_to).
    ///
    /// # Errors
    /// Those of the system.
    #[track_caller]
    pub fn send(&self, buf: &[u8]) -> io::Result<usize> {
        self.fd.write_with(|socket| socket.send(buf)).map_err(|e| self.name(e))
    }

    #[cold]
    fn name(&self, error: io::Error) -> io::Error {
        match (self.peer_addr(), self.local_addr()) {
            (Ok(peer), _) => error::while_doing(format_args!("datagrams with {peer}"), error),
            (_, Ok(here)) => error::while_doing(format_args!("datagrams at {here}"), error),
            _ => error,
        }
    }

    options! {
        peer_addr() -> SocketAddr;
        local_addr() -> SocketAddr;
        set_broadcast(broadcast: bool) -> ();
        broadcast() -> bool;
        set_multicast_loop_v4(on: bool) -> ();
        multicast_loop_v4() -> bool;
        set_multicast_ttl_v4(ttl: u32) -> ();
        multicast_ttl_v4() -> u32;
        set_multicast_loop_v6(on: bool) -> ();
        multicast_loop_v6() -> bool;
        set_ttl(ttl: u32) -> ();
        ttl() -> u32;
        join_multicast_v4(group: &Ipv4Addr, interface: &Ipv4Addr) -> ();
        join_multicast_v6(group: &Ipv6Addr, interface: u32) -> ();
        leave_multicast_v4(group: &Ipv4Addr, interface: &Ipv4Addr) -> ();
        leave_multicast_v6(group: &Ipv6Addr, interface: u32) -> ();
    }
}
