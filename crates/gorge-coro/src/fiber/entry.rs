//! The bottom of every fiber's stack: one context after another as long as the next
//! one is fresh, each with thread-locals like new.

use std::sync::atomic::Ordering::Relaxed;

use super::{block, dl, keys, slots, switch};
use crate::record::{Context, RUNNING};
use crate::runtime::{Next, Runtime};
use crate::word::{thread_pointer, worker};

/// Runs `ctx`, then whatever `finish` says. Never returns: the stack is left.
///
/// # Safety
///
/// Called once by the bottom frame of a stack whose block belongs to `ctx`.
pub(crate) unsafe extern "C" fn body<R: Runtime>(mut ctx: *mut Context) -> ! {
    loop {
        // SAFETY: `ctx` has just begun, on this stack and with this block, which
        // stays the same however often the context migrates. After `finish` its record
        // is not touched any more; `next` is claimed for us.
        unsafe {
            R::run(ctx);
            let fs = thread_pointer();
            if block::is_used(fs) {
                farewell(fs);
            }
            block::reset(fs);
            match R::finish(ctx) {
                Next::Reuse(next) => {
                    (*next).fs = fs;
                    (*next).sp.store(RUNNING, Relaxed);
                    ctx = next;
                }
                Next::Resume(next) => switch::leave_for(next, worker()),
                Next::Start(next, stack) => {
                    switch::leave_to_start(next, stack.into_raw(), worker(), body::<R>)
                }
            }
        }
    }
}

/// What a thread does when it ends: destructors of thread-locals, then of keys, then
/// the blocks of dynamically loaded libraries. Any of the destructors may switch.
#[cold]
#[inline(never)]
unsafe fn farewell(fs: usize) {
    let t = slots::template();
    // SAFETY: the caller's own block, whose context has ended.
    unsafe {
        (t.call_tls_dtors)();
        let used = block::used(fs);
        if used & block::USED_KEYS != 0 {
            keys::run_destructors();
            // A key's destructor may have registered another thread-local's.
            (t.call_tls_dtors)();
        }
        if used & block::USED_DL != 0 {
            dl::farewell();
        }
        if block::has_own_dtv(fs) {
            block::reset_dtv(t, fs);
        }
    }
}
