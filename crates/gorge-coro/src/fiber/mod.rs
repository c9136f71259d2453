//! Fiber mode on x86-64 Linux with glibc: every context has a stack slot with a
//! thread's block of its own on top, and the switch swaps the thread pointer.
//!
//! ```text
//!   low addresses                                                     high addresses
//!  +-------+----------------------------------+--------------------------+- - - - - -+
//!  | guard |  stack, grows down          <--- | surplus | thread-locals |FS| pthread |
//!  +-------+----------------------------------+--------------------------+- - - - - -+
//!                                  |<------- one page, resident -------->|<- never ->|
//! ```
//!
//! The reading order: `probe` looks at fresh threads, `template` compares them,
//! `block` writes and resets a context's block, `geometry` says where it lies, `slots`
//! hands out and pools the memory, `carve` makes it fit for use, `switch` moves between contexts, `entry` is what runs at
//! the bottom of each stack, `trial` tries it all before the mode is chosen. `carrier` runs things as the OS thread underneath; `keys`,
//! `ask`, `dl` and `setxid` stand in front of what glibc would get wrong.

mod ask;
mod behind;
mod block;
pub(crate) mod cache;
pub(crate) mod carrier;
mod carve;
mod constants;
mod dl;
pub(crate) mod entry;
mod geometry;
mod keys;
pub(crate) mod prepare;
mod probe;
mod rescue;
mod room;
mod setxid;
pub(crate) mod slots;
pub(crate) mod switch;
mod template;
pub(crate) mod thread_end;
mod trial;
