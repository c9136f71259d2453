//! Addresses given as texts: the name of a host is looked up.
//!
//! Apart from the trait, because who looks names up uses sockets, and those use the trait.

use std::io;
use std::net::SocketAddr;

use crate::addr::{self, ToSocketAddrs};
use crate::dns;
use crate::error;

impl ToSocketAddrs for (&str, u16) {
    type Iter = std::vec::IntoIter<SocketAddr>;

    fn to_socket_addrs(&self) -> io::Result<Self::Iter> {
        let (host, port) = *self;
        let addresses: Vec<_> = match addr::literal(host, port) {
            Some(address) => vec![address],
            None => dns::lookup_host(host)?.into_iter().map(|a| SocketAddr::new(a, port)).collect(),
        };
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
    match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(host) => Ok((host, port)),
        None if host.contains(':') => Err(invalid("too many colons")),
        None => Ok((host, port)),
    }
}

impl ToSocketAddrs for String {
    type Iter = std::vec::IntoIter<SocketAddr>;

    fn to_socket_addrs(&self) -> io::Result<Self::Iter> {
        (**self).to_socket_addrs()
    }
}
