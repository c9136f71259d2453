//! The record of one context: where it stands while it does not run.
//!
//! Invariants:
//! * `sp` says what state the context is in (table below); nothing else in the
//!   record may be read by others before `sp` has been seen to be neither
//!   [`RUNNING`] nor claimed by somebody else;
//! * whoever takes a context out of a queue owns it until it has switched to it.
//!
//! | `sp`          | state                                                         |
//! |---------------|---------------------------------------------------------------|
//! | [`RUNNING`] 0 | runs, or is being switched out and not yet saved: try again    |
//! | [`FRESH`] 1   | has never run and has no stack: `start` it                     |
//! | [`PINNED`] 2  | the scheduler's mark: saved, only its own worker may resume it |
//! | other         | saved: `switch` to it                                          |
//!
//! The store that saves a context is the last thing its old carrier does with it,
//! and a release; who resumes it reads `sp` with acquire and so sees the rest.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

/// `sp` of a context that runs, or has not been saved yet.
pub const RUNNING: usize = 0;
/// `sp` of a context that has never run.
pub const FRESH: usize = 1;
/// `sp` value reserved for the scheduler: saved, but to be resumed by one particular worker only.
pub const PINNED: usize = 2;
/// `sp` of a saved context in thread mode.
pub(crate) const SAVED: usize = 8;

/// One context of execution, to be embedded in the scheduler's own record.
#[repr(C)]
pub struct Context {
    /// The saved stack pointer, or one of [`RUNNING`], [`FRESH`], [`PINNED`].
    pub sp: AtomicUsize,
    pub(crate) pc: usize,
    /// Fiber mode: the thread pointer. Thread mode: the thread's cell.
    pub(crate) fs: usize,
    pub(crate) rbx: usize,
    pub(crate) rbp: usize,
}

impl Context {
    /// A context that has never run.
    pub const fn new() -> Context {
        Context { sp: AtomicUsize::new(FRESH), pc: 0, fs: 0, rbx: 0, rbp: 0 }
    }

    /// Makes a record whose context has ended ready for another one.
    #[inline(always)]
    pub fn make_fresh(&mut self) {
        self.fs = 0;
        self.sp.store(FRESH, Ordering::Relaxed);
    }

    /// Whether the context has a stack.
    #[inline(always)]
    pub fn has_stack(&self) -> bool {
        self.fs != 0
    }
}

impl Default for Context {
    fn default() -> Context {
        Context::new()
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sp = self.sp.load(Ordering::Relaxed);
        match sp {
            RUNNING => f.write_str("Context(running)"),
            FRESH => f.write_str("Context(fresh)"),
            PINNED => f.write_str("Context(pinned)"),
            _ => write!(f, "Context(saved at {sp:#x})"),
        }
    }
}
