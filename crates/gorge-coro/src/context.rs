//! What a scheduler may do with a context's record besides switching.

use std::ops::Range;
use std::sync::atomic::Ordering;

use crate::fiber::{cache, switch};
use crate::mode::{Mode, mode};
use crate::record::{Context, PINNED};
use crate::stack::Stack;

impl Context {
    /// Brings what a switch to this context will touch nearer. Only a hint, for any
    /// context at any time.
    #[inline(always)]
    pub fn prefetch(&self) {
        let sp = self.sp.load(Ordering::Relaxed);
        if sp > PINNED && mode() == Mode::Fiber {
            // SAFETY: a field of a live record; it may be out of date, which does no harm.
            let fs = unsafe { (&raw const self.fs).read_volatile() };
            switch::prefetch(sp, fs);
        }
    }

    /// Takes the stack of a finished context out of its record, to be put into a
    /// [`StackCache`](crate::StackCache) although the caller still stands on it: it
    /// is left before anybody else who holds the cache can use it.
    ///
    /// In thread mode the result stands for nothing; putting it into a cache is a no-op.
    ///
    /// # Safety
    ///
    /// To be called once, by [`Runtime::finish`](crate::Runtime::finish), on the context that finishes.
    #[inline(always)]
    pub unsafe fn take_stack(&mut self) -> Stack {
        let fs = std::mem::replace(&mut self.fs, 0);
        // SAFETY: `fs` was put here by `start`, and is taken out once.
        unsafe { Stack::of_finished(fs) }
    }

    /// The addresses of the stack and the thread-local storage of a context that
    /// has them; empty otherwise.
    ///
    /// # Safety
    ///
    /// The context has not ended, and is not being started.
    pub unsafe fn memory(&self) -> Range<usize> {
        if self.fs == 0 || mode() == Mode::Thread {
            return 0..0;
        }
        // SAFETY: the caller's promise.
        unsafe { cache::slot_bounds(self.fs) }
    }

    /// The addresses of the stack of a context that has one; empty otherwise.
    ///
    /// # Safety
    ///
    /// The context has not ended, and is not being started.
    pub unsafe fn stack_bounds(&self) -> Range<usize> {
        if self.fs == 0 || mode() == Mode::Thread {
            return 0..0;
        }
        // SAFETY: the caller's promise.
        unsafe { cache::stack_bounds(self.fs) }
    }
}
