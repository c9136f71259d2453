//! What the scheduler above provides: the body of contexts, and who runs after one ends.

use crate::record::Context;
use crate::stack::Stack;

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
