//! Stacks, and the caches they wait in.
//!
//! A stack always comes with thread-local storage: in fiber mode it is a slot of a
//! large mapping with a TLS block on top, in thread mode an OS thread that has been
//! spawned and waits for its first baton. Either way, who holds a [`Stack`] can start
//! a context without any further failure.

use std::collections::VecDeque;
use std::fmt;
use std::num::NonZeroUsize;

use crate::baton;
use crate::limit::StackError;
use crate::mode::{Mode, default_stack_size, mode};

/// Something a context can be started on. See the [module](self).
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
        Stack(NonZeroUsize::new(raw).expect("the context has no stack"))
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
    fn drop(&mut self) {
        if mode() == Mode::Thread && self.0 != SPENT {
            // SAFETY: an unused stack owns a reference to a waiting thread's cell.
            unsafe { baton::dismiss(self.0.get()) };
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
    /// Newest at the back.
    stacks: VecDeque<Stack>,
}

impl StackCache {
    /// An empty cache.
    pub const fn new() -> StackCache {
        StackCache {
            stacks: VecDeque::new(),
        }
    }

    /// A stack of at least `bytes` bytes; 0 means [`default_stack_size`].
    ///
    /// # Errors
    ///
    /// When there is no room for another one.
    #[inline]
    pub fn get(&mut self, bytes: usize) -> Result<Stack, StackError> {
        let bytes = if bytes == 0 {
            default_stack_size()
        } else {
            bytes
        };
        baton::spawn(bytes).map(|raw| Stack(NonZeroUsize::new(raw).expect("a pointer")))
    }

    /// Gives a stack back, be it never used or the one the caller stands on.
    #[inline]
    pub fn put(&mut self, stack: Stack) {
        drop(stack);
    }

    /// Gives what is cached to the other processors and to the system.
    pub fn trim(&mut self) {
        self.stacks.clear();
    }
}
