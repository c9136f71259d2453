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
//! the bottom of each stack, `trial` tries it all before the mode is chosen. `carrier` runs things as the OS thread underneath; `keys`,
//! `ask`, `dl` and `setxid` stand in front of what glibc would get wrong.

mod ask;
mod behind;
mod block;
mod cache;
mod carrier;
mod constants;
mod dl;
mod entry;
mod geometry;
mod keys;
mod prepare;
mod probe;
mod rescue;
mod setxid;
mod slots;
mod switch;
mod template;
mod thread_end;
mod trial;

use std::ops::Range;

use crate::word::stack_word;

pub(crate) use cache::Cache;
pub(crate) use carrier::{call as call_on_carrier, is_other as has_carrier};
pub(crate) use entry::body;
pub(crate) use prepare::prepare;
pub(crate) use slots::{give_back_idle_stacks, put as pool};
pub(crate) use thread_end::thread_end;
pub(crate) use switch::{on_parked, prefetch, start, switch};

/// Whether this build can have fibers at all.
pub(crate) const COMPILED: bool = true;

/// Makes the calling OS thread a carrier; the result is its thread pointer.
///
/// # Safety
///
/// The thread is a plain one.
pub(crate) unsafe fn adopt() -> usize {
    setxid::wrap();
    // SAFETY: by the contract.
    unsafe { switch::adopt() }
}

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

/// The size of the stack in whose guard the address lies. For signal handlers.
pub(crate) fn overflowed(address: usize) -> Option<usize> {
    let word = geometry::StackWord(stack_word());
    let guard = word.lowest().wrapping_sub(geometry::GUARD)..word.lowest();
    if word.0 != 0 && guard.contains(&address) {
        return Some(1 << word.class());
    }
    // It may run with its carrier's thread pointer just now.
    slots::guarded(address)
}
