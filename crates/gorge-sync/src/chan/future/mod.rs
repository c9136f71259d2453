//! Sending and receiving as futures, for the tasks of async runtimes.
//!
//! Promise: a task waits in the same queues as goroutines and threads, in the order of arrival; a value
//! is moved straight to it. A future may be dropped at any time: it leaves the queue, and no value is lost.
//!
//! | file | holds |
//! |---|---|
//! | `node` | a place in a queue that is not on a stack |
//! | `recv`, `send` | the futures |
//! | `kept` | a value that a dropped future has given back and for which the buffer has no room |
//!
//! ```text
//!   future ----> Node (counted: the future, and whoever will tell it)
//!                  Listener    told instead of a goroutine being made ready
//!                  Waiter      linked in the channel's queue
//!                  slot        where a value is put or fetched
//!                  told        whom to wake, or that it has happened
//! ```
//!
//! A receiving future that was served and is dropped before it was polled again gives its value back: to
//! who waits now; to the front of the buffer; or else to the front of the senders' queue, where it waits
//! as if it were being sent, but is not turned away when the channel is closed.

mod kept;
mod node;
mod recv;
mod send;

pub use recv::{Receiving, RecvFuture};
pub use send::{SendFuture, Sending};
