//! Where connections of one machine come to.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::net::{self as std_unix, SocketAddr};
use std::path::Path;
use std::time::Duration;

use gorge_sync::time::Instant;

use super::address::{Shown, at_path, of_std};
use super::stream::UnixStream;
use crate::common::socket;
use crate::fd::{Fd, Ready};
use crate::socket::{self, Naming};

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

    /// Listens at a path, which must not exist. (An empty one has the system choose a name that is in no file
    /// system, on Linux.)
    ///
    /// # Errors
    /// Those of the system, naming the path.
    pub fn bind<P: AsRef<Path>>(path: P) -> io::Result<UnixListener> {
        let path = path.as_ref();
        let socket = at_path(path).and_then(|address| socket::listen_unix(&address));
        Ok(UnixListener::over(socket.naming("listening at", path.display())?))
    }

    /// As [`bind`](Self::bind), with an address of `std`: also a name that is in no file system (Linux). See
    /// [`UnixStream::connect_addr`].
    ///
    /// # Errors
    /// Those of the system, naming the address.
    ///
    /// # Examples
    /// ```
    /// # #[cfg(target_os = "linux")] {
    /// use gorge::net::UnixListener;
    /// use std::os::{linux::net::SocketAddrExt, unix::net::SocketAddr};
    ///
    /// let name = format!("gorge-doc-listener-{}", std::process::id());
    /// let listener = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    /// assert_eq!(listener.local_addr().unwrap().as_abstract_name(), Some(name.as_bytes()));
    /// # }
    /// ```
    pub fn bind_addr(address: &SocketAddr) -> io::Result<UnixListener> {
        let socket = of_std(address).and_then(|address| socket::listen_unix(&address));
        Ok(UnixListener::over(socket.naming("listening at", Shown(address))?))
    }

    fn over(socket: OwnedFd) -> UnixListener {
        UnixListener::of(Fd::from_nonblocking(socket.into()))
    }

    /// Takes a connection.
    ///
    /// # Blocking
    /// As [`TcpListener::accept`](crate::tcp::TcpListener::accept).
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
