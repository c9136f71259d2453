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
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::fiber;
use crate::mode::{Mode, mode};
use crate::stack::Stack;

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
        Context {
            sp: AtomicUsize::new(FRESH),
            pc: 0,
            fs: 0,
            rbx: 0,
            rbp: 0,
        }
    }

    /// Makes a record whose context has ended ready for another one.
    #[inline(always)]
    pub fn make_fresh(&mut self) {
        self.fs = 0;
        self.sp.store(FRESH, Ordering::Relaxed);
    }

    /// Brings what a switch to this context will touch nearer. Only a hint, for any
    /// context at any time.
    #[inline(always)]
    pub fn prefetch(&self) {
        let sp = self.sp.load(Ordering::Relaxed);
        if sp > PINNED && mode() == Mode::Fiber {
            // SAFETY: a field of a live record; it may be out of date, which does no harm.
            let fs = unsafe { (&raw const self.fs).read_volatile() };
            fiber::prefetch(sp, fs);
        }
    }

    /// Whether the context has a stack.
    #[inline(always)]
    pub fn has_stack(&self) -> bool {
        self.fs != 0
    }

    /// Takes the stack of a finished context out of its record, to be put into a
    /// [`StackCache`](crate::StackCache) although the caller still stands on it: it
    /// is left before anybody else who holds the cache can use it.
    ///
    /// In thread mode the result stands for nothing; putting it into a cache is a no-op.
    ///
    /// # Safety
    ///
    /// To be called once, by [`Runtime::finish`], on the context that finishes.
    #[inline(always)]
    pub unsafe fn take_stack(&mut self) -> Stack {
        let fs = std::mem::replace(&mut self.fs, 0);
        // SAFETY: `fs` was put here by `start`, and is taken out once.
        unsafe { Stack::of_finished(fs) }
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
        unsafe { fiber::stack_bounds(self.fs) }
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

/// What a scheduler tells this crate about the contexts it runs.
///
/// # Safety
///
/// `run` must not unwind. What `finish` returns must be claimed by the caller of
/// `finish` as for [`switch`](crate::switch) and [`start`](crate::start).
pub unsafe trait Runtime {
    /// The body of the context: called once, on its own stack.
    ///
    /// # Safety
    ///
    /// Called by this crate only, with a context that was given to [`start`](crate::start).
    unsafe fn run(ctx: *mut Context);

    /// The context has ended: its thread-local destructors have run and its storage
    /// has been reset. Says who goes on. The record is not touched again afterwards.
    ///
    /// # Safety
    ///
    /// Called by this crate only, after `run` has returned.
    unsafe fn finish(ctx: *mut Context) -> Next;
}

/// Who runs after a context has finished.
#[derive(Debug)]
pub enum Next {
    /// Fiber mode only: run this fresh context on the stack that has just become
    /// free and is still warm. Nothing is switched, and `take_stack` is not called: the
    /// stack moves from one record to the other.
    Reuse(*mut Context),
    /// Go on with a saved context. The finished one's stack is in a cache already.
    Resume(*mut Context),
    /// Begin a fresh context on this stack. The finished one's stack is in a cache already.
    Start(*mut Context, Stack),
}
