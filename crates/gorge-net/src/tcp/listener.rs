//! Waiting for connections.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::time::Duration;

use gorge_flow::context::Context;
use gorge_sync::time::Instant;
use rustix::net::SocketAddrAny;

use super::stream::TcpStream;
use crate::addr::{self, ToSocketAddrs};
use crate::common::socket;
use crate::error;
use crate::fd::{Fd, Ready};
use crate::socket::{self, LONGEST, Naming, SHORTEST};

/// A socket that TCP connections come to.
///
/// # Examples
/// ```
/// use gorge::net::{TcpListener, TcpStream};
/// use std::io::{Read, Write};
///
/// gorge::run(|| {
///     let listener = TcpListener::bind("127.0.0.1:0").unwrap();
///     let address = listener.local_addr().unwrap();
///     gorge::go(move || {
///         for stream in listener.incoming() {
///             gorge::go(move || {
///                 let mut stream = stream.unwrap();
///                 gorge::io::copy(&mut stream.try_clone().unwrap(), &mut stream).unwrap();
///             });
///         }
///     });
///     let mut stream = TcpStream::connect(address).unwrap();
///     stream.write_all(b"echo").unwrap();
///     let mut back = [0; 4];
///     stream.read_exact(&mut back).unwrap();
///     assert_eq!(&back, b"echo");
/// });
/// ```
///
/// # Compared with Go
/// `net.TCPListener`.
pub struct TcpListener {
    fd: Fd<std::net::TcpListener>,
}

socket!(TcpListener, std::net::TcpListener);

impl TcpListener {
    fn of(fd: Fd<std::net::TcpListener>) -> TcpListener {
        TcpListener { fd }
    }

    /// Listens at the first of these addresses where that is possible.
    ///
    /// # Errors
    /// Those of the system, naming the address: it is in use, not ours, or not allowed.
    #[track_caller]
    pub fn bind<A: ToSocketAddrs>(address: A) -> io::Result<TcpListener> {
        addr::each(address, |address| {
            let socket = socket::listen_tcp(address).naming("listening at", address)?;
            Ok(TcpListener::of(Fd::from_nonblocking(socket.into())))
        })
    }

    /// Takes a connection.
    ///
    /// # Blocking
    /// Until there is one; a dump shows `[IO wait]`. While no descriptor is to be had for it
    /// (`EMFILE`), waits and tries again, so that a server recovers.
    ///
    /// # Errors
    /// [`TimedOut`](io::ErrorKind::TimedOut) after the deadline; [`Closed`](crate::net::Closed) after
    /// [`close`](Self::close). Connections that were gone before they were taken are no error.
    ///
    /// # Examples
    /// ```
    /// use gorge::net::{TcpListener, TcpStream};
    ///
    /// let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    /// let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    /// let (_server, peer) = listener.accept().unwrap();
    /// assert_eq!(peer, client.local_addr().unwrap());
    /// ```
    #[track_caller]
    pub fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        self.accepted(socket::accept_patiently(&self.fd))
    }

    fn accepted(
        &self,
        accepted: io::Result<(OwnedFd, Option<SocketAddrAny>)>,
    ) -> io::Result<(TcpStream, SocketAddr)> {
        let (socket, peer) = accepted.map_err(|error| match self.local_addr() {
            Ok(address) => error::while_doing(format_args!("accepting at {address}"), error),
            Err(_) => error,
        })?;
        let socket = std::net::TcpStream::from(socket);
        let peer = match peer.and_then(|peer| SocketAddr::try_from(peer).ok()) {
            Some(peer) => peer,
            None => socket.peer_addr()?,
        };
        Ok((TcpStream::with_peer(socket, peer), peer))
    }

    /// Serves each connection in a goroutine of its own, until `ctx` is done: then the listener is closed, and when those
    /// who are being served have left, this returns.
    ///
    /// # Blocking
    /// As [`accept`](Self::accept), or until the context is done; a dump shows `[select]`. At the end until the last
    /// goroutine has ended.
    ///
    /// # Panics
    /// When a goroutine that serves has panicked: at the end.
    ///
    /// # Errors
    /// Those of [`accept`](Self::accept); but that the listener was [closed](Self::close) is an end like the other.
    ///
    /// # Examples
    /// ```
    /// use gorge::{context, go, net::{TcpListener, TcpStream}};
    /// use std::io::{Read, Write};
    ///
    /// let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    /// let address = listener.local_addr().unwrap();
    /// let (ctx, cancel) = context::with_cancel(&context::background());
    /// let server = go(move || listener.serve(&ctx, |mut stream| stream.write_all(b"hello").unwrap()));
    ///
    /// let mut text = String::new();
    /// TcpStream::connect(address).unwrap().read_to_string(&mut text).unwrap();
    /// assert_eq!(text, "hello");
    /// cancel.cancel();
    /// server.join().unwrap().unwrap();
    /// assert!(TcpStream::connect(address).is_err());
    /// ```
    ///
    /// # Compared with Go
    /// `http.Server`'s `Serve` and `Shutdown`, for any protocol.
    #[track_caller]
    pub fn serve(&self, ctx: &Context, each: impl Fn(TcpStream) + Sync) -> io::Result<()> {
        let each = &each;
        gorge_sched::scope(|s| {
            let mut pause = SHORTEST;
            loop {
                let ready = ctx.wait_for(self.fd.readable());
                let accepted = match ready {
                    Err(_done) => {
                        let _ = self.close(); // if somebody else has, all the better
                        return Ok(());
                    }
                    Ok(ready) => ready.and_then(|()| socket::accept(self.fd.as_fd())),
                };
                match accepted {
                    Err(error) if error::is_closed(&error) => return Ok(()),
                    Err(error) if socket::is_shortage(&error) => {
                        let _ = ctx.sleep(pause); // then it is seen that the context is done
                        pause = (pause * 2).min(LONGEST);
                    }
                    Err(error) if socket::is_of_the_past(&error) => {}
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {} // another one has it
                    accepted => {
                        let (stream, _) = self.accepted(accepted)?;
                        pause = SHORTEST;
                        s.go(move || each(stream));
                    }
                }
            }
        })
    }

    /// Takes one connection after the other, for ever.
    pub fn incoming(&self) -> Incoming<'_> {
        Incoming { listener: self }
    }

    /// Where it listens.
    ///
    /// # Errors
    /// Those of the system.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.fd.get_ref().local_addr()
    }

    /// See [`std::net::TcpListener::set_ttl`].
    ///
    /// # Errors
    /// Those of the system.
    ///
    /// # Examples
    /// ```
    /// let listener = gorge::net::TcpListener::bind("127.0.0.1:0").unwrap();
    /// listener.set_ttl(42).unwrap();
    /// assert_eq!(listener.ttl().unwrap(), 42);
    /// ```
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.fd.get_ref().set_ttl(ttl)
    }

    /// See [`std::net::TcpListener::ttl`].
    ///
    /// # Errors
    /// Those of the system.
    pub fn ttl(&self) -> io::Result<u32> {
        self.fd.get_ref().ttl()
    }
}

/// Connections, one after the other. Made by [`TcpListener::incoming`].
///
/// # Examples
/// ```
/// use gorge::{go, net::{TcpListener, TcpStream}};
///
/// let listener = TcpListener::bind("127.0.0.1:0").unwrap();
/// let address = listener.local_addr().unwrap();
/// let client = go(move || (0..3).map(|_| TcpStream::connect(address)).count());
/// assert_eq!(listener.incoming().take(3).flatten().count(), 3);
/// client.join().unwrap();
/// ```
#[derive(Debug)]
pub struct Incoming<'a> {
    listener: &'a TcpListener,
}

impl Iterator for Incoming<'_> {
    type Item = io::Result<TcpStream>;

    #[track_caller]
    fn next(&mut self) -> Option<io::Result<TcpStream>> {
        Some(self.listener.accept().map(|(stream, _)| stream))
    }
}
