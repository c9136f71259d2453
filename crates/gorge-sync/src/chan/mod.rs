//! Channels: typed pipes between goroutines, and between goroutines and threads.
//!
//! Promise: values come out in the order in which they went in; whoever has
//! waited longest is served first; a value is moved once and dropped once.
//!
//! | file | holds |
//! |---|---|
//! | `line` | the one cache line of a channel: lock, counters, queues |
//! | `locked` | what is done under the lock |
//! | `core` | sending and receiving |
//! | `life` | making, closing, dropping, freeing |
//! | `sender`, `receiver`, `two_way` | the handles |
//! | `ends`, `arm`, `cases` | channels as arms of a select |
//! | `future` | sending and receiving in async code |
//! | `held` | a receiver that keeps alive whoever closes its channel |
//! | `iter`, `error` | as they say |
//!
//! ```text
//!   Sender --.                                        .--> Receiver
//!   Sender ---+--> Core (one line: lock, len, head, <-+--- Receiver
//!   Chan ----'     cap, two queues, two counts)       '--- Chan
//!                    |
//!                    v buffer: cap places
//! ```

mod arm;
mod cases;
mod core;
mod ends;
mod error;
mod future;
mod handles;
mod held;
mod iter;
#[cfg(not(loom))]
mod join;
mod life;
mod line;
mod locked;
mod make;
mod receiver;
mod sender;
mod two_way;

pub use arm::{RecvArm, SendArm};
pub use ends::{RecvEnd, SendEnd};
pub use error::{
    RecvError, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError,
};
#[doc(hidden)]
pub use future::{Receiving, Sending};
pub use future::{RecvFuture, SendFuture};
pub use held::Held;
pub use iter::{ChanIter, IntoIter, Iter, TryIter};
#[cfg(not(loom))]
pub use join::{JoinChan, go_chan};
pub use make::channel;
pub use receiver::Receiver;
pub use sender::Sender;
pub use two_way::Chan;

pub(crate) use core::Core;
pub(crate) use life::Owned;

#[cfg(all(test, not(loom)))]
mod every_way;
#[cfg(all(test, loom))]
mod loom_tests;
#[cfg(all(test, not(loom)))]
mod tests;
