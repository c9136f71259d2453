//! Sockets within one machine.

mod address;
mod datagram;
mod listener;
mod stream;

pub use datagram::UnixDatagram;
pub use listener::UnixListener;
pub use stream::{UnixReadHalf, UnixStream, UnixWriteHalf};
