//! What goes wrong, as `std`'s kinds, with texts that say with whom.

use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind};
use std::time::Duration;

/// The socket, or other descriptor, was closed: by `close`, maybe while somebody waited for it.
///
/// Inside an [`io::Error`] of the kind [`NotConnected`](ErrorKind::NotConnected); see [`is_closed`].
///
/// # Examples
/// ```
/// use gorge::net::{Closed, UdpSocket};
///
/// let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
/// socket.close().unwrap();
/// let error = socket.recv_from(&mut [0]).unwrap_err();
/// assert!(error.get_ref().is_some_and(|inner| inner.is::<Closed>()));
/// ```
///
/// # Compared with Go
/// `net.ErrClosed`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("use of a closed descriptor")
    }
}

impl Error for Closed {}

/// Whether an operation failed because the socket was closed on this side.
///
/// # Examples
/// ```
/// use gorge::{io::Fd, net::is_closed};
/// use std::io::{Read, pipe};
///
/// let (reader, _writer) = pipe().unwrap();
/// let reader = Fd::new(reader).unwrap();
/// reader.close().unwrap();
/// assert!(is_closed(&(&reader).read(&mut [0]).unwrap_err()));
/// ```
#[must_use]
pub fn is_closed(error: &io::Error) -> bool {
    let mut inner = error.get_ref().map(|e| e as &(dyn Error + 'static));
    while let Some(error) = inner {
        if error.is::<Closed>() {
            return true;
        }
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return is_closed(error);
        }
        inner = error.source();
    }
    false
}

#[cold]
pub(crate) fn closed() -> io::Error {
    io::Error::new(ErrorKind::NotConnected, Closed)
}

#[cold]
pub(crate) fn timed_out() -> io::Error {
    io::Error::new(ErrorKind::TimedOut, "i/o timeout")
}

/// `std` refuses a time limit of zero.
pub(crate) fn not_zero(timeout: Option<Duration>) -> io::Result<Option<Duration>> {
    if timeout == Some(Duration::ZERO) {
        return Err(io::Error::new(ErrorKind::InvalidInput, "a time limit of zero"));
    }
    Ok(timeout)
}

/// An error, and what was being done.
#[derive(Debug)]
struct While {
    doing: String,
    error: io::Error,
}

impl fmt::Display for While {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.doing, self.error)
    }
}

impl Error for While {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.error)
    }
}

/// `error`, which happened while `doing`; its kind stays.
#[cold]
pub(crate) fn while_doing(doing: impl fmt::Display, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), While { doing: doing.to_string(), error })
}

/// That a context is done.
#[cold]
pub(crate) fn of_context(error: gorge_flow::context::ContextError) -> io::Error {
    let kind = if error.is_timeout() { ErrorKind::TimedOut } else { ErrorKind::Other };
    io::Error::new(kind, error)
}
