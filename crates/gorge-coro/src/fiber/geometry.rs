//! Where things are in a slot of a given size.
//!
//! ```text
//!  base      lo                                       fs               end of region
//!   |  guard  |  stack ...  <- top | below ............|FS hot pthread | cold: tail |
//!   |<------->|<---------------------- region ---------------------->|<---------->|
//!   |<------------------------------- stride ----------------------------------->|
//! ```
//!
//! Slots are an odd number of pages apart: otherwise the busy lines of all stacks would fall into the same few
//! sets of the caches and the TLB. (To shift the blocks by some lines from slot to slot besides gained nothing:
//! 9 ns a switch among 1,000, 34 among 10,000, on a first-level cache of 12 ways, with one shift as with sixteen.
//! And each takes a line from the stack that shares the block's page: with four a handler that reads and writes
//! needed a second page in half of the slots.)

use super::template::{Layout, PAGE, Template};

/// Unmapped bytes below each stack. More than a page because C code, unlike Rust, does
/// not touch the pages of a large frame in order: a frame of up to this size cannot
/// jump over the guard. It costs 8 bytes of page table and 15 ns a page, once a slot.
pub(crate) const GUARD: usize = 32 << 10;

/// The smallest and the largest size of a stack, as powers of two.
pub(crate) const SMALLEST: u32 = 14;
pub(crate) const LARGEST: u32 = 40;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Geometry {
    /// The stack's size is two to the power of this.
    pub(crate) class: u32,
    pub(crate) stride: usize,
    /// Bytes from the slot's start to the thread pointer.
    fs: usize,
}

impl Geometry {
    pub(crate) fn new(t: &Template, class: u32) -> Geometry {
        let (hot, tail) = match t.layout {
            Layout::Compact => (t.hot, (t.pthread - t.hot).next_multiple_of(PAGE)),
            Layout::Full => (t.pthread.next_multiple_of(t.align), 0),
        };
        // One page for the block is part of the stack's size; a larger one is not.
        let block = (hot + t.below).next_multiple_of(PAGE);
        let region = (1 << class) + block.saturating_sub(PAGE);
        let mut stride = GUARD + region + tail;
        if (stride / PAGE).is_multiple_of(2) {
            stride += PAGE;
        }
        Geometry { class, stride, fs: GUARD + region - hot }
    }

    /// The thread pointer in the slot at `slot`.
    pub(crate) fn fs(&self, slot: usize) -> usize {
        slot + self.fs
    }
}

/// The class of a stack of at least `bytes` bytes.
pub(crate) fn class_of(bytes: usize) -> Option<u32> {
    let class = bytes.checked_next_power_of_two()?.trailing_zeros();
    (class <= LARGEST).then_some(class.max(SMALLEST))
}

/// What the stack word of a block says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StackWord(pub(crate) usize);

impl StackWord {
    pub(crate) const DEFAULT: usize = 1;

    pub(crate) fn new(lowest: usize, class: u32, default: bool) -> StackWord {
        debug_assert!(lowest.is_multiple_of(PAGE));
        StackWord(lowest | (class as usize) << 1 | default as usize)
    }

    #[inline(always)]
    pub(crate) fn is_default(self) -> bool {
        self.0 & StackWord::DEFAULT != 0
    }

    pub(crate) fn class(self) -> u32 {
        (self.0 >> 1 & 63) as u32
    }

    /// The lowest usable address of the stack.
    pub(crate) fn lowest(self) -> usize {
        self.0 & !(PAGE - 1)
    }
}
