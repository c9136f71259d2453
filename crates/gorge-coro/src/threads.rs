//! Thread mode: each context is an OS thread, and a switch passes the baton, which
//! is the worker word.
//!
//! ```text
//!   thread of A                        thread of B
//!   A.sp = SAVED                       (waits for an order)
//!   baton(worker) -------------------> worker word = worker, goes on
//!   waits for an order                 ...
//!   goes on  <------------------------ baton(worker)
//! ```
//!
//! A thread ends with its context, because the next goroutine must find fresh
//! thread-locals: nothing is pooled.

use std::ffi::c_void;
use std::sync::atomic::Ordering;

use crate::baton::{Begin, Order, cell};
use crate::record::{Context, RUNNING, SAVED};
use crate::runtime::{Next, Runtime};
use crate::stack::Stack;
use crate::word::worker;

/// See [`crate::switch`].
///
/// # Safety
///
/// As there.
#[cold]
pub(crate) unsafe fn switch(cur: *mut Context, next: *mut Context, worker: *mut ()) {
    // SAFETY: `cur` is the caller's context and `next` is claimed by the caller. The
    // own cell is kept alive by the record, which lives as long as its context runs.
    unsafe {
        let mine = cell((*cur).fs);
        hand_over(cur, next, worker);
        mine.await_baton();
    }
}

/// See [`crate::start`].
///
/// # Safety
///
/// As there.
#[cold]
pub(crate) unsafe fn start<R: Runtime>(
    cur: *mut Context,
    next: *mut Context,
    stack: Stack,
    worker: *mut (),
) {
    // SAFETY: as in `switch`.
    unsafe {
        let mine = cell((*cur).fs);
        // The order is given after the store: who resumes `cur` early leaves it an
        // order of its own, which waits.
        (*cur).sp.store(SAVED, Ordering::Release);
        begin::<R>(next, stack, worker);
        mine.await_baton();
    }
}

/// Saves `cur` and lets `next` go on. The thread of `cur` still runs for a moment:
/// it only waits for its own baton then, which may be there already.
unsafe fn hand_over(cur: *mut Context, next: *mut Context, worker: *mut ()) {
    // SAFETY: as in `switch`.
    unsafe {
        (*next).sp.store(RUNNING, Ordering::Relaxed);
        let theirs = cell((*next).fs);
        // Release: pairs with the acquire load by which the next resumer sees it saved.
        (*cur).sp.store(SAVED, Ordering::Release);
        theirs.give(Order::Baton(worker));
    }
}

unsafe fn begin<R: Runtime>(next: *mut Context, stack: Stack, worker: *mut ()) {
    // SAFETY: `next` is fresh and claimed by the caller; the stack's reference to the
    // cell moves into the record.
    unsafe {
        (*next).sp.store(RUNNING, Ordering::Relaxed);
        (*next).fs = stack.into_raw();
        cell((*next).fs).give(Order::Begin(Begin {
            context: next.cast(),
            worker,
            run: run::<R>,
            finish: finish::<R>,
        }));
    }
}

unsafe fn run<R: Runtime>(context: *mut ()) {
    /// Unwinding stops the program here: `Runtime::run` promises not to.
    unsafe extern "C" fn body<R: Runtime>(context: *mut ()) {
        // SAFETY: the context that was given to `start`.
        unsafe { R::run(context.cast()) }
    }
    // SAFETY: as above.
    unsafe { body::<R>(context) }
}

unsafe fn finish<R: Runtime>(context: *mut ()) {
    // SAFETY: the context has ended, on this very thread; what `finish` returns is claimed.
    unsafe {
        match R::finish(context.cast()) {
            Next::Resume(next) => {
                (*next).sp.store(RUNNING, Ordering::Relaxed);
                cell((*next).fs).give(Order::Baton(worker()));
            }
            Next::Start(next, stack) => begin::<R>(next, stack, worker()),
            Next::Reuse(_) => {
                eprintln!("gorge: Next::Reuse in thread mode");
                std::process::abort();
            }
        }
    }
}

/// See [`crate::on_parked`].
///
/// # Safety
///
/// As there.
pub(crate) unsafe fn on_parked(
    ctx: *mut Context,
    f: unsafe extern "C" fn(*mut c_void),
    data: *mut c_void,
) {
    // SAFETY: the caller has claimed the saved context, so its cell is alive and idle.
    unsafe { cell((*ctx).fs).visit(f, data) }
}
