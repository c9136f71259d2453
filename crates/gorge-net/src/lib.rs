//! The network for goroutines: plain blocking calls that park.
//!
//! Promise: everything here has `std`'s names and signatures where `std` has it, and Go's where
//! only Go has it. What would block parks the goroutine (or, on a plain OS thread,
//! the thread), can be given a deadline, and is ended by `close`.
//!
//! | module | holds |
//! |---|---|
//! | [`net`] | TCP, UDP, Unix sockets, dialling, names |
//! | [`io`] | [`Fd`](io::Fd): anything with a descriptor; copying |

#![cfg(unix)]

mod addr;
mod by_hand;
mod common;
mod copy;
mod dial;
mod dns;
mod error;
mod fd;
mod forward;
mod named;
mod socket;
mod sys;
mod tcp;
mod udp;
mod unix;

#[doc(hidden)]
pub use sys::SENDING;

/// Descriptors, and moving bytes between them.
pub mod io {
    pub use crate::copy::copy;
    pub use crate::fd::{Fd, Ready};
    pub use crate::forward::forward;
}

/// Sockets, dialling, names: with `std`'s names where `std` has it, with Go's where it has not.
pub mod net {
    pub use crate::addr::ToSocketAddrs;
    pub use crate::dial::{Dialer, dial, dial_in, dial_timeout};
    pub use crate::dns::{Resolver, lookup_host};
    pub use crate::error::{Closed, is_closed};
    pub use crate::tcp::{
        Incoming, Keepalive, OwnedReadHalf, OwnedWriteHalf, TcpListener, TcpStream,
    };
    pub use crate::udp::UdpSocket;
    pub use crate::unix::{UnixDatagram, UnixListener, UnixReadHalf, UnixStream, UnixWriteHalf};
    pub use std::net::{
        IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, SocketAddrV4, SocketAddrV6,
    };
}
