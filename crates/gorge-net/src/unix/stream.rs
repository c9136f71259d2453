//! Connections within one machine.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::net::{self as std_unix, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gorge_flow::context::Context;
use gorge_sync::time::{self, Instant};
use rustix::net::SocketAddrUnix;

use super::address::{Shown, at_path, of_std};
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
    pub(super) fn of(fd: Fd<std_unix::UnixStream>) -> UnixStream {
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
        let connected = at_path(path).and_then(|address| UnixStream::connect_to(&address, later));
        connected.naming("connecting to", path.display())
    }

    /// As [`connect`](Self::connect), until `ctx` is done.
    ///
    /// # Blocking
    /// As [`connect`](Self::connect), or until the context is done; a dump shows `[select]`.
    ///
    /// # Errors
    /// As [`connect`](Self::connect); and when the context is done.
    ///
    /// # Examples
    /// ```
    /// use gorge::{context, net::{UnixListener, UnixStream}};
    ///
    /// let path = std::env::temp_dir().join(format!("gorge-doc-in-{}", std::process::id()));
    /// let _listener = UnixListener::bind(&path).unwrap();
    /// let (ctx, cancel) = context::with_cancel(&context::background());
    /// assert!(UnixStream::connect(&path).is_ok() && UnixStream::connect_in(&ctx, &path).is_ok());
    /// cancel.cancel();
    /// assert!(UnixStream::connect_in(&ctx, &path).is_err());
    /// std::fs::remove_file(path).unwrap();
    /// ```
    ///
    /// # Compared with Go
    /// `DialContext` of a `net.Dialer`, with the network `unix`.
    #[track_caller]
    pub fn connect_in<P: AsRef<Path>>(ctx: &Context, path: P) -> io::Result<UnixStream> {
        let path = path.as_ref();
        let pause = |pause| ctx.sleep(pause).map_err(error::of_context);
        let connected = match ctx.err() {
            Some(done) => Err(error::of_context(done)),
            None => at_path(path).and_then(|address| UnixStream::connect_to(&address, pause)),
        };
        connected.naming("connecting to", path.display())
    }

    /// As [`connect`](Self::connect), with an address of `std`: also a name that is in no file system (Linux).
    ///
    /// # Blocking
    /// As [`connect`](Self::connect).
    ///
    /// # Errors
    /// Those of the system, naming the address.
    ///
    /// # Examples
    /// ```
    /// # #[cfg(target_os = "linux")] {
    /// use gorge::net::{UnixListener, UnixStream};
    /// use std::os::{linux::net::SocketAddrExt, unix::net::SocketAddr};
    ///
    /// let name = format!("gorge-doc-{}", std::process::id());
    /// let address = SocketAddr::from_abstract_name(name).unwrap();
    /// let listener = UnixListener::bind_addr(&address).unwrap();
    /// let client = UnixStream::connect_addr(&address).unwrap();
    /// assert!(listener.accept().is_ok());
    /// assert!(client.peer_addr().unwrap().as_abstract_name().is_some());
    /// # }
    /// ```
    #[track_caller]
    pub fn connect_addr(address: &SocketAddr) -> io::Result<UnixStream> {
        let connected = of_std(address).and_then(|address| UnixStream::connect_to(&address, later));
        connected.naming("connecting to", Shown(address))
    }

    #[track_caller]
    fn connect_to(
        address: &SocketAddrUnix,
        pause: impl FnMut(Duration) -> io::Result<()>,
    ) -> io::Result<UnixStream> {
        let socket = socket::connect_unix(address, pause)?;
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
        match self.peer_addr() {
            Ok(peer) if !peer.is_unnamed() => {
                error::while_doing(format_args!("{doing} {}", Shown(&peer)), error)
            }
            _ => error,
        }
    }
}

/// After so long it is tried again.
#[track_caller]
fn later(pause: Duration) -> io::Result<()> {
    time::sleep(pause);
    Ok(())
}
