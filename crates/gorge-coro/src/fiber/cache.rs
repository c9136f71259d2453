//! One processor's slots at hand.
//!
//! Invariants:
//! * used only by who holds the processor;
//! * the slot that was put last is the one somebody may still stand on: it never goes
//!   to the pool, where another processor could take it, before a later one has been put.

use std::ops::Range;
use std::sync::atomic::Ordering::Relaxed;

use super::block::STACK_WORD;
use super::carve;
use super::constants::CONSTANTS;
use super::geometry::{GUARD, Geometry, StackWord, class_of};
use super::{slots, switch};
use crate::limit::StackError;
use crate::word::words_offset;

/// More slots than this are shared.
const MOST: usize = 128;
/// How many move between a cache and the pool at a time.
const BATCH: usize = 64;
#[derive(Debug, Default)]
pub(crate) struct Cache {
    /// Slots of the default size, by their thread pointers, oldest first.
    slots: Vec<usize>,
    /// The last slot of another size, or 0.
    odd: usize,
    /// How many slots were carved last time, since each holds a page from then on.
    carving: usize,
}

/// The stack word of the block at `fs`.
///
/// # Safety
///
/// The block is written and the caller's.
#[inline(always)]
unsafe fn stack_word(fs: usize) -> StackWord {
    // SAFETY: every written block has the word.
    StackWord(unsafe { *(fs.wrapping_add_signed(words_offset() + STACK_WORD) as *const usize) })
}

/// The stack below the block at `fs`.
///
/// # Safety
///
/// The block belongs to a context that has not ended.
pub(crate) unsafe fn stack_bounds(fs: usize) -> Range<usize> {
    // SAFETY: by the contract.
    let lowest = unsafe { stack_word(fs).lowest() };
    lowest..CONSTANTS.stack_top(fs)
}

/// The slot whose thread pointer is `fs`, without its guard: the stack, and all
/// of the thread-local storage.
///
/// # Safety
///
/// As for [`stack_bounds`].
pub(crate) unsafe fn slot_bounds(fs: usize) -> Range<usize> {
    // SAFETY: by the contract.
    let word = unsafe { stack_word(fs) };
    let stride = Geometry::new(slots::template(), word.class()).stride;
    word.lowest()..word.lowest() - GUARD + stride
}

/// Pools a slot that was never used.
///
/// # Safety
///
/// The slot is the caller's, who gives it away.
#[cold]
pub(crate) unsafe fn discard(fs: usize) {
    // SAFETY: by the contract.
    let class = unsafe { stack_word(fs).class() };
    slots::put(class, std::iter::once(fs));
}

fn default_class() -> u32 {
    StackWord(CONSTANTS.default_mark.load(Relaxed)).class()
}

impl Cache {
    pub(crate) const fn new() -> Cache {
        Cache { slots: Vec::new(), odd: 0, carving: 0 }
    }

    /// A slot of the default size.
    #[inline(always)]
    pub(crate) fn get(&mut self) -> Result<usize, StackError> {
        match self.slots.pop() {
            Some(fs) => Ok(fs),
            None => self.refill(),
        }
    }

    /// A slot of the default size, if one is at hand.
    #[inline(always)]
    pub(crate) fn get_cached(&mut self) -> Option<usize> {
        let fs = self.slots.pop();
        if let [.., soon, _] = self.slots[..] {
            switch::prefetch_fresh(soon);
        }
        fs
    }

    #[cold]
    #[inline(never)]
    fn refill(&mut self) -> Result<usize, StackError> {
        // So that `put`, which runs in contexts that end, does not allocate.
        self.slots.reserve(MOST + 1);
        slots::take(default_class(), BATCH, &mut self.slots);
        match self.slots.pop() {
            Some(fs) => Ok(fs),
            None => self.carve(),
        }
    }

    /// Carves some slots, more the more were carved before, and returns one of them;
    /// fails only when there is no room even for that one.
    fn carve(&mut self) -> Result<usize, StackError> {
        self.carving = (self.carving * 2).clamp(1, carve::MOST);
        carve::carve(default_class(), true, self.carving, &mut self.slots)?;
        Ok(self.slots.pop().expect("one was carved"))
    }

    /// A slot for a stack of at least `bytes` bytes.
    #[cold]
    pub(crate) fn get_sized(&mut self, bytes: usize) -> Result<usize, StackError> {
        let Some(class) = class_of(bytes) else {
            return Err(StackError::too_large(bytes));
        };
        if class == default_class() {
            return self.get();
        }
        // SAFETY: a slot in this cache is ours.
        if self.odd != 0 && unsafe { stack_word(self.odd) }.class() == class {
            return Ok(std::mem::take(&mut self.odd));
        }
        let mut one = Vec::with_capacity(1);
        slots::take(class, 1, &mut one);
        match one.pop() {
            Some(fs) => Ok(fs),
            None => {
                carve::carve(class, false, 1, &mut one)?;
                Ok(one[0])
            }
        }
    }

    /// Takes a slot back.
    ///
    /// # Safety
    ///
    /// The slot is the caller's, and nobody runs on it once the caller has left it.
    #[inline(always)]
    pub(crate) unsafe fn put(&mut self, fs: usize) {
        // SAFETY: by the contract.
        if unsafe { stack_word(fs) }.is_default() {
            self.slots.push(fs);
            if self.slots.len() > MOST {
                self.spill();
            }
        } else {
            self.put_odd(fs);
        }
    }

    #[cold]
    #[inline(never)]
    fn spill(&mut self) {
        slots::put(default_class(), self.slots.drain(..BATCH));
    }

    #[cold]
    #[inline(never)]
    fn put_odd(&mut self, fs: usize) {
        let before = std::mem::replace(&mut self.odd, fs);
        if before != 0 {
            // SAFETY: it was ours until now.
            let class = unsafe { stack_word(before) }.class();
            slots::put(class, std::iter::once(before));
        }
    }

    /// Shares all slots.
    pub(crate) fn trim(&mut self) {
        if !self.slots.is_empty() {
            slots::put(default_class(), self.slots.drain(..));
        }
        if self.odd != 0 {
            self.put_odd(0);
        }
    }
}

impl Drop for Cache {
    fn drop(&mut self) {
        self.trim();
    }
}
