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
//! carves and pools the memory, `switch` moves between contexts, `entry` is what runs at
//! the bottom of each stack. `keys` is what must be interposed of glibc.

mod block;
mod cache;
mod constants;
mod entry;
mod geometry;
mod keys;
mod prepare;
mod probe;
mod rescue;
mod slots;
mod switch;
mod template;

use std::ops::Range;

pub(crate) use cache::Cache;
pub(crate) use entry::body;
pub(crate) use prepare::prepare;
pub(crate) use slots::{give_back_idle_stacks, put as pool};
pub(crate) use switch::{adopt, on_parked, start, switch};

/// Whether this build can have fibers at all.
pub(crate) const COMPILED: bool = true;

/// The class of the slot at `fs`, for [`pool`].
///
/// # Safety
///
/// The slot is the caller's.
pub(crate) unsafe fn class_of(fs: usize) -> u32 {
    // SAFETY: by the contract.
    unsafe { cache::stack_word(fs).class() }
}

/// The stack below the block at `fs`.
///
/// # Safety
///
/// The block belongs to a context that has not ended.
pub(crate) unsafe fn stack_bounds(fs: usize) -> Range<usize> {
    // SAFETY: by the contract.
    let lowest = unsafe { cache::stack_word(fs).lowest() };
    lowest..constants::CONSTANTS.stack_top(fs)
}
