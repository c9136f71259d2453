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

mod error;
mod fd;
mod sys;

/// Descriptors, and moving bytes between them.
pub mod io {
    pub use crate::fd::{Fd, Ready};
}

/// Sockets, dialling, names.
pub mod net {
    pub use crate::error::{Closed, is_closed};
}
