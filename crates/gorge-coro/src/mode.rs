//! Which of the two modes this process runs in, and what was settled with it.
//!
//! Invariant: nothing here changes after [`init`](crate::init()) has returned, and no stack
//! exists before.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// How goroutines are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Contexts switched in user space, each with thread-local storage of its own.
    Fiber,
    /// Each context is an OS thread; switching passes a baton.
    Thread,
}

/// What this crate asks of the scheduler above it.
#[derive(Clone, Copy, Debug)]
pub struct Hooks {
    /// The number of the goroutine that the given worker carries now. Called in
    /// signal handlers: must be async-signal-safe.
    pub goroutine_id: unsafe fn(worker: *mut ()) -> u64,
}

static FIBERS: AtomicBool = AtomicBool::new(false);
static STACK_SIZE: AtomicUsize = AtomicUsize::new(DEFAULT_STACK);
static HOOKS: OnceLock<Hooks> = OnceLock::new();

/// Unoptimised code needs more: rustls and sqlx more than 64 KiB.
const DEFAULT_STACK: usize = if cfg!(debug_assertions) { 256 << 10 } else { 128 << 10 };

/// The mode of this process; [`Mode::Thread`] before [`init`](crate::init()).
#[inline(always)]
pub fn mode() -> Mode {
    // Relaxed: written before the first stack is handed out, and who uses a stack
    // got it by a path that synchronises.
    if cfg!(gorge_fibers) && FIBERS.load(Ordering::Relaxed) { Mode::Fiber } else { Mode::Thread }
}

/// The size of a stack for which none was asked: `GORGE_STACK`, or 128 KiB
/// (256 KiB in a debug build).
pub fn default_stack_size() -> usize {
    STACK_SIZE.load(Ordering::Relaxed)
}

/// What [`init`](crate::init()) was given first.
#[cfg(unix)] // for who tells of an overflow
pub(crate) fn hooks() -> Option<&'static Hooks> {
    HOOKS.get()
}

pub(crate) fn set_hooks(hooks: Hooks) {
    let _ = HOOKS.set(hooks);
}

pub(crate) fn set_default_stack_size(bytes: usize) {
    STACK_SIZE.store(bytes, Ordering::Relaxed);
}

pub(crate) fn set_mode(mode: Mode) {
    FIBERS.store(mode == Mode::Fiber, Ordering::Release);
}
