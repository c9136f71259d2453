//! Waiting for one of several things, in turn: the ground under channels,
//! select and wait groups.
//!
//! Promise: whoever waits in several queues at once is served by exactly one
//! of them, and queues are served in the order of arrival.
//!
//! | file | holds |
//! |---|---|
//! | `lock` | the lock of a queue and of what it belongs to |
//! | `claim` | the one word that decides which of several wins |
//! | `waiter` | one place in one queue, on the waiting stack |
//! | `queue` | waiters in order of arrival |
//! | `alarm` | a deadline that takes part in the race for a claim |
//! | `undo` | waits that can be taken back |
//! | `batch` | several who were served under one lock, to be woken after it |
//! | `told` | whom to wake where a future waits, or that it was served already |
//!
//! Users see this module only to make something of their own selectable (see
//! [`Selectable`](crate::select::Selectable)).
//!
//! How a value changes hands when the receiver came first:
//!
//! ```text
//!   receiver's stack               queue (under its lock)        sender
//!   +-------------------+
//!   | slot: room for T  |<-----------------------------.
//!   | Waiter            |                               \
//!   |   task            |          first --> Waiter      1. claim, unlink
//!   |   slot -----------+--^                             2. copy the value into slot
//!   |   claim ----------+--> Claim (0)                   3. outcome = Done
//!   |   outcome         |                                4. unlock, then ready(task)
//!   +-------------------+
//! ```
//!
//! Invariants:
//! - A waiter is linked, unlinked, given its outcome only under its queue's lock.
//! - Between the outcome and `ready` the waiter must not be touched except by
//!   the one who wrote the outcome; after `ready` it may be gone.
//! - A plain waiter (no claim) in a queue is always live business. A waiter
//!   with a claim may be stale: the claim was decided elsewhere, and its owner
//!   has not yet come to withdraw it. Whoever meets a stale waiter unlinks it.

mod alarm;
mod batch;
mod claim;
mod lock;
mod queue;
mod told;
pub(crate) mod undo;
mod waiter;

pub(crate) use alarm::Alarm;
pub(crate) use batch::Batch;
#[doc(hidden)]
pub use claim::Claim;
pub(crate) use lock::{Held, Lock};
pub use queue::Queue;
pub(crate) use told::Told;
pub use waiter::{Outcome, Waiter, Waker};

#[cfg(all(test, not(loom)))]
mod tests;
