//! What the hot paths need to know, found out once: one cache line.
//!
//! All loads are relaxed: the values are stored before the first fiber exists, and
//! whoever runs a fiber got it by a path that synchronises.

use std::sync::atomic::{AtomicIsize, AtomicPtr, AtomicUsize, Ordering::Relaxed};

use super::template::Word;

/// The static thread-local storage of a fresh context: what a reset writes.
#[repr(C, align(64))]
#[derive(Debug)]
pub(crate) struct Image {
    /// Its bytes; they end at the thread pointer. A multiple of 64.
    pub(crate) len: usize,
    pub(crate) bytes: *const u8,
    /// Words that depend on the block.
    pub(super) relative: Vec<Word>,
}

// SAFETY: never changed after it has been published, and never freed.
unsafe impl Sync for Image {}

#[repr(align(64))]
#[derive(Debug)]
pub(crate) struct Constants {
    /// Offsets of the two words of malloc that stay with the worker. Where malloc has
    /// fewer, our own worker word stands in.
    pub(super) malloc: [AtomicIsize; 2],
    pub(super) image: AtomicPtr<Image>,
    /// Offset of the head of the list of thread-local destructors.
    pub(super) dtor_list: AtomicIsize,
    /// Distance from the thread pointer down to the top of the stack.
    pub(super) below: AtomicUsize,
    /// The generation of a fresh dtv.
    pub(super) generation: AtomicUsize,
    /// Not 0 if there are fibers and the thread pointer can be set without a system call.
    pub(super) fast: AtomicUsize,
    /// The word that marks a stack of the default size.
    pub(super) default_mark: AtomicUsize,
}

pub(crate) static CONSTANTS: Constants = Constants {
    malloc: [const { AtomicIsize::new(0) }; 2],
    image: AtomicPtr::new(std::ptr::null_mut()),
    dtor_list: AtomicIsize::new(0),
    below: AtomicUsize::new(0),
    generation: AtomicUsize::new(0),
    fast: AtomicUsize::new(0),
    default_mark: AtomicUsize::new(0),
};

impl Constants {
    /// Whether this is fiber mode without system calls.
    #[inline(always)]
    pub(crate) fn is_fast(&self) -> bool {
        self.fast.load(Relaxed) != 0
    }

    #[inline(always)]
    pub(super) fn malloc_words(&self) -> (isize, isize) {
        (self.malloc[0].load(Relaxed), self.malloc[1].load(Relaxed))
    }

    /// The top of the stack below the block at `fs`.
    #[inline(always)]
    pub(crate) fn stack_top(&self, fs: usize) -> usize {
        fs.wrapping_sub(self.below.load(Relaxed))
    }

    #[inline(always)]
    pub(super) fn image(&self) -> &'static Image {
        // SAFETY: set before the first fiber exists; never freed.
        unsafe { &*self.image.load(Relaxed) }
    }
}
