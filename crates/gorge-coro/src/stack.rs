//! Stacks, and the caches they wait in.
//!
//! A stack always comes with thread-local storage: in fiber mode it is a slot of a
//! large mapping with a TLS block on top, in thread mode an OS thread that has been
//! spawned and waits for its first baton. Either way, who holds a [`Stack`] can start
//! a context without any further failure.

use std::fmt;
use std::num::NonZeroUsize;

use crate::baton;
use crate::fiber::{cache, slots};
use crate::limit::StackError;
use crate::mode::{Mode, default_stack_size, mode};

/// Something a context can be started on.
pub struct Stack(NonZeroUsize);

/// In thread mode: the stack of a context that has ended. Its thread ends by itself.
const SPENT: NonZeroUsize = NonZeroUsize::MAX;

impl Stack {
    /// # Safety
    ///
    /// `raw` comes from a context that finishes; it is not used again otherwise.
    #[inline(always)]
    pub(crate) unsafe fn of_finished(raw: usize) -> Stack {
        debug_assert!(raw != 0, "the context has no stack");
        if mode() == Mode::Thread {
            // SAFETY: the record's own reference to its thread's cell.
            unsafe { baton::release(raw) };
            return Stack(SPENT);
        }
        // SAFETY: the thread pointer of a context's block is not null.
        Stack(unsafe { NonZeroUsize::new_unchecked(raw) })
    }

    /// The raw value for a context's record.
    #[inline(always)]
    pub(crate) fn into_raw(self) -> usize {
        let raw = self.0.get();
        std::mem::forget(self);
        raw
    }
}

impl Drop for Stack {
    #[cold]
    fn drop(&mut self) {
        let raw = self.0.get();
        if mode() == Mode::Fiber {
            // SAFETY: the slot is ours, and goes with us.
            unsafe { cache::discard(raw) };
        } else if self.0 != SPENT {
            // SAFETY: an unused stack owns a reference to a waiting thread's cell.
            unsafe { baton::dismiss(raw) };
        }
    }
}

impl fmt::Debug for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stack({:#x})", self.0)
    }
}

/// Stacks at hand for one processor. Used only by whoever holds the processor.
#[derive(Debug, Default)]
pub struct StackCache {
    /// Empty in thread mode: a thread ends with its context.
    fibers: cache::Cache,
}

impl StackCache {
    /// An empty cache.
    pub const fn new() -> StackCache {
        StackCache { fibers: cache::Cache::new() }
    }

    /// A stack of at least `bytes` bytes; 0 means [`default_stack_size`].
    ///
    /// Sizes are rounded up to a power of two.
    ///
    /// # Errors
    ///
    /// When there is no room for another one: the error names the limit.
    #[inline(always)]
    pub fn get(&mut self, bytes: usize) -> Result<Stack, StackError> {
        let raw = if mode() == Mode::Thread {
            baton::spawn(if bytes == 0 { default_stack_size() } else { bytes })?
        } else if bytes == 0 {
            self.fibers.get()?
        } else {
            self.fibers.get_sized(bytes)?
        };
        // SAFETY: neither a thread pointer nor a cell is null.
        Ok(Stack(unsafe { NonZeroUsize::new_unchecked(raw) }))
    }

    /// A stack of the default size, if one is at hand (in thread mode: if a thread can
    /// be had).
    ///
    /// Needs next to no stack itself, unlike [`get`](Self::get): for contexts that are about
    /// to be parked, so that they do not touch a second page of their own stack only to
    /// make another one.
    #[inline(always)]
    pub fn get_cached(&mut self) -> Option<Stack> {
        if mode() == Mode::Thread {
            return self.get(0).ok();
        }
        // SAFETY: a thread pointer is not null.
        self.fibers.get_cached().map(|raw| Stack(unsafe { NonZeroUsize::new_unchecked(raw) }))
    }

    /// Gives a stack back, be it never used or the one the caller stands on.
    ///
    /// The stack last put may still be stood on: it stays in this cache.
    #[inline(always)]
    pub fn put(&mut self, stack: Stack) {
        if mode() == Mode::Fiber {
            // SAFETY: a `Stack` owns its slot.
            unsafe { self.fibers.put(stack.into_raw()) }
        }
    }

    /// Shares what is cached with the other processors. Not to be called between
    /// `put` and leaving the stack that was put.
    pub fn trim(&mut self) {
        self.fibers.trim();
    }
}

/// Gives the memory of stacks back to the system that no processor has wanted since the
/// last call. To be called now and then, and after [`StackCache::trim`] of idle processors.
pub fn give_back_idle_stacks() {
    if mode() == Mode::Fiber {
        slots::give_back_idle_stacks();
    }
}

/// The mappings in which stacks and their thread-local storage lie, used and
/// unused ones; in thread mode none is known.
pub fn mappings() -> Vec<std::ops::Range<usize>> {
    if mode() == Mode::Fiber { slots::mappings() } else { Vec::new() }
}
