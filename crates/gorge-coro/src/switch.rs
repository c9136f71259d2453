//! The verbs: begin a context, switch between two, look into a parked one.

use std::ffi::c_void;
use std::sync::atomic::Ordering;

use crate::mode::{Mode, mode};
use crate::record::{Context, RUNNING};
use crate::runtime::Runtime;
use crate::stack::Stack;
use crate::{baton, fiber, overflow, threads};

/// Saves the calling context in `cur` and goes on with `next`; returns when somebody
/// switches back to `cur`, whichever worker that is.
///
/// `next.sp` becomes [`RUNNING`](crate::RUNNING) and [`worker`](crate::worker) is `worker` when `next`
/// goes on. `cur.sp` is stored last: a lock that guards `cur`'s place in a queue may be released
/// before the switch.
///
/// # Safety
///
/// * `cur` is the record of the calling context, whose `sp` is [`RUNNING`](crate::RUNNING);
/// * `next` is saved, belongs to the caller alone, and differs from `cur`;
/// * both stay where they are until resumed, respectively ended.
#[inline(always)]
pub unsafe fn switch(cur: *mut Context, next: *mut Context, worker: *mut ()) {
    // SAFETY: the caller's promise.
    unsafe {
        if fiber::switch::is_fast() {
            fiber::switch::switch(cur, next, worker)
        } else {
            switch_otherwise(cur, next, worker)
        }
    }
}

#[cold]
#[inline(never)]
unsafe fn switch_otherwise(cur: *mut Context, next: *mut Context, worker: *mut ()) {
    // SAFETY: the caller's promise.
    unsafe {
        if mode() == Mode::Fiber {
            fiber::switch::switch_slow(cur, next, worker)
        } else {
            threads::switch(cur, next, worker)
        }
    }
}

/// Saves the calling context in `cur` and begins the fresh context `next` on `stack`.
/// Otherwise as [`switch`].
///
/// # Safety
///
/// As for [`switch`], but `next` is [`FRESH`](crate::FRESH).
#[inline(always)]
pub unsafe fn start<R: Runtime>(
    cur: *mut Context,
    next: *mut Context,
    stack: Stack,
    worker: *mut (),
) {
    // SAFETY: the caller's promise.
    unsafe {
        if mode() == Mode::Fiber {
            fiber::switch::start(cur, next, stack.into_raw(), worker, fiber::entry::body::<R>)
        } else {
            threads::start::<R>(cur, next, stack, worker)
        }
    }
}

/// Makes `ctx` stand for the calling OS thread, a worker's. To be called once on the thread,
/// before it switches to anything. When that thread has parted (see [`part_thread`]), another may adopt the same
/// context.
///
/// # Safety
///
/// `ctx` is valid as long as the thread lives, and the thread is not a context already.
pub unsafe fn adopt_thread(ctx: *mut Context) {
    overflow::watch_this_thread();
    // SAFETY: the caller's promise.
    unsafe {
        (*ctx).sp.store(RUNNING, Ordering::Relaxed);
        if mode() == Mode::Fiber {
            (*ctx).fs = fiber::switch::adopt();
        } else if (*ctx).fs == 0 {
            (*ctx).fs = baton::adopt();
        } // else the cell of the thread before, which has no order in it
    }
}

/// The calling thread, a worker's, is a plain one from now on, and may end.
///
/// # Safety
///
/// It has been adopted; nobody switches to its context until another thread has adopted that.
pub unsafe fn part_thread() {
    if mode() == Mode::Fiber {
        fiber::switch::part();
    }
    // SAFETY: as for a thread that never was a worker's.
    unsafe { crate::word::set_worker(std::ptr::null_mut()) }
}

/// Runs `f(data)` on the stack of a parked context, so that an unwinder in `f` sees the
/// parked frames. Returns when `f` has.
///
/// # Safety
///
/// * `ctx` was saved with the stack pointer `sp`, and the caller has claimed it by swapping that for
///   [`RUNNING`](crate::RUNNING); it puts the old value back afterwards (release);
/// * `f` neither unwinds nor switches nor waits for a goroutine, and may be run with `data` on another thread.
pub unsafe fn on_parked(
    ctx: *mut Context,
    sp: usize,
    f: unsafe extern "C" fn(*mut c_void),
    data: *mut c_void,
) {
    // SAFETY: the caller's promise.
    unsafe {
        if mode() == Mode::Fiber {
            fiber::switch::on_parked(ctx, sp, f, data)
        } else {
            threads::on_parked(ctx, f, data)
        }
    }
}
