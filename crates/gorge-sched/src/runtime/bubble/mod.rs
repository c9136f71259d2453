//! Bubbles: groups of goroutines with a clock of their own, whose end is noticed.
//!
//! Promise: a bubble knows at every moment how many of its goroutines run or can
//! run. When none can, time in it jumps to its next timer, or whoever waits for
//! this goes on, or it has ended: well, or because nothing in it can ever run.
//! Goroutines outside of bubbles pay for this one test of a byte.
//!
//! ```text
//!           spawned by a member, made ready                  parks, ends
//!   busy:  ------------------------------->  1 2 3 ..  ---------------------> 0: quiet
//!                                                                            |
//!             somebody is in `wait`?    yes: he goes on      <---------------+
//!             a timer is armed?         yes: the clock jumps, it fires
//!             nobody is left?           the end: done
//!             else                      the end: deadlock, or goroutines left behind
//! ```
//!
//! A bubble with a [`Policy`] is *serial*: one of its goroutines runs at a time, and
//! before each operation that others can notice the policy says who goes on.
//! Those who can run stand in the bubble's own list, and only the chosen one is
//! put in a queue of the scheduler: so a worker runs it as it runs everybody.
//!
//! | file | idea |
//! |---|---|
//! | `policy` | who is asked |
//! | `record` | what a bubble knows; joining it; being made ready in it |
//! | `onward` | parking, ending, and what follows when nobody can run |
//! | `handle` | making one, running it, waiting in it, clearing away what is left |
//!
//! Lock order: a shard of timers, then the state of a bubble, then nothing.
//! So no timer is fired, armed or disarmed under the state's lock.

mod handle;
pub(crate) mod onward;
mod policy;
pub(crate) mod record;

pub use handle::{
    Bubble, current, fail, is_explored, leave_if_over, may_unwind, note_panic, wait, watched, whole,
};
pub use policy::{Choice, Pending, Policy, Seat, Turn};
pub use record::{End, Panicked};
