//! Finding the addresses of a name.

use std::io;
use std::net::{IpAddr, ToSocketAddrs};

/// The addresses of a host.
///
/// # Errors
/// [`NotFound`](io::ErrorKind::NotFound).
pub fn lookup_host(host: &str) -> io::Result<Vec<IpAddr>> {
    Ok((host, 0).to_socket_addrs()?.map(|a| a.ip()).collect())
}
