//! What can be given where an address is wanted.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

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

/// A host that is an address; of IPv6 maybe with the interface that it is valid at (`fe80::1%eth0`).
pub(crate) fn literal(host: &str, port: u16) -> Option<SocketAddr> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Some(SocketAddr::new(address, port));
    }
    let (address, interface) = host.split_once('%')?;
    let number = interface.parse().ok().or_else(|| number_of(interface))?;
    Some(SocketAddrV6::new(address.parse().ok()?, port, 0, number).into())
}

/// The number of an interface with this name.
#[cfg(target_os = "linux")]
fn number_of(interface: &str) -> Option<u32> {
    use rustix::net::{AddressFamily, SocketFlags, SocketType, netdevice, socket_with};
    let kind = (AddressFamily::UNIX, SocketType::DGRAM);
    let any = socket_with(kind.0, kind.1, SocketFlags::CLOEXEC, None).ok()?;
    netdevice::name_to_index(any, interface).ok()
}

#[cfg(not(target_os = "linux"))]
fn number_of(_: &str) -> Option<u32> {
    None
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
