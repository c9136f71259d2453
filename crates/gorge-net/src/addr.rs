//! What can be given where an address is wanted.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use crate::dns;
use crate::error;

/// What names one or more addresses: as `std`'s trait of this name, for the same types, but names of hosts
/// are looked up without blocking a thread.
///
/// # Examples
/// ```
/// use gorge::net::ToSocketAddrs;
///
/// let mut addresses = "127.0.0.1:80".to_socket_addrs().unwrap();
/// assert_eq!(addresses.next().unwrap().port(), 80);
/// assert!(("localhost", 80).to_socket_addrs().unwrap().next().is_some());
/// assert!("no port".to_socket_addrs().is_err());
/// ```
pub trait ToSocketAddrs {
    /// The addresses.
    type Iter: Iterator<Item = SocketAddr>;

    /// Finds the addresses.
    ///
    /// # Blocking
    /// While a name is looked up; a dump shows `[IO wait]`.
    ///
    /// # Errors
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) for a text that is no address, else those of
    /// [`lookup_host`](crate::net::lookup_host).
    fn to_socket_addrs(&self) -> io::Result<Self::Iter>;
}

macro_rules! one {
    ($($from:ty),*) => {$(
        impl ToSocketAddrs for $from {
            type Iter = std::option::IntoIter<SocketAddr>;

            fn to_socket_addrs(&self) -> io::Result<Self::Iter> {
                Ok(Some(SocketAddr::from(*self)).into_iter())
            }
        }
    )*};
}

one!(SocketAddr, SocketAddrV4, SocketAddrV6, (IpAddr, u16), (Ipv4Addr, u16), (Ipv6Addr, u16));

impl ToSocketAddrs for (&str, u16) {
    type Iter = std::vec::IntoIter<SocketAddr>;

    fn to_socket_addrs(&self) -> io::Result<Self::Iter> {
        let (host, port) = *self;
        let addresses = match host.parse::<IpAddr>() {
            Ok(address) => vec![address],
            Err(_) => dns::lookup_host(host)?,
        };
        let addresses: Vec<_> = addresses.into_iter().map(|a| SocketAddr::new(a, port)).collect();
        Ok(addresses.into_iter())
    }
}

impl ToSocketAddrs for (String, u16) {
    type Iter = std::vec::IntoIter<SocketAddr>;

    fn to_socket_addrs(&self) -> io::Result<Self::Iter> {
        (&*self.0, self.1).to_socket_addrs()
    }
}

impl ToSocketAddrs for str {
    type Iter = std::vec::IntoIter<SocketAddr>;

    fn to_socket_addrs(&self) -> io::Result<Self::Iter> {
        if let Ok(address) = self.parse() {
            return Ok(vec![address].into_iter());
        }
        split(self)?.to_socket_addrs()
    }
}

/// A text like `example.org:80`.
pub(crate) fn split(text: &str) -> io::Result<(&str, u16)> {
    let invalid = |what| {
        let error = io::Error::new(io::ErrorKind::InvalidInput, what);
        error::while_doing(format_args!("address {text:?}"), error)
    };
    let (host, port) = text.rsplit_once(':').ok_or_else(|| invalid("no port"))?;
    let port = port.parse().map_err(|_| invalid("invalid port"))?;
    if host.contains(':') && !(host.starts_with('[') && host.ends_with(']')) {
        return Err(invalid("too many colons"));
    }
    Ok((host.trim_start_matches('[').trim_end_matches(']'), port))
}

impl ToSocketAddrs for String {
    type Iter = std::vec::IntoIter<SocketAddr>;

    fn to_socket_addrs(&self) -> io::Result<Self::Iter> {
        (**self).to_socket_addrs()
    }
}

impl<'a> ToSocketAddrs for &'a [SocketAddr] {
    type Iter = std::iter::Copied<std::slice::Iter<'a, SocketAddr>>;

    fn to_socket_addrs(&self) -> io::Result<Self::Iter> {
        Ok(self.iter().copied())
    }
}

impl<T: ToSocketAddrs + ?Sized> ToSocketAddrs for &T {
    type Iter = T::Iter;

    fn to_socket_addrs(&self) -> io::Result<Self::Iter> {
        (**self).to_socket_addrs()
    }
}

/// Does it with each address until it works; else the last error.
#[track_caller]
pub(crate) fn each<T>(
    addresses: impl ToSocketAddrs,
    mut f: impl FnMut(SocketAddr) -> io::Result<T>,
) -> io::Result<T> {
    let mut last = None;
    for address in addresses.to_socket_addrs()? {
        match f(address) {
            Ok(done) => return Ok(done),
            Err(error) => last = Some(error),
        }
    }
    let none = || io::Error::new(io::ErrorKind::InvalidInput, "no addresses to connect or bind to");
    Err(last.unwrap_or_else(none))
}
