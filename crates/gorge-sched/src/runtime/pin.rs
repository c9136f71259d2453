//! `lock_os_thread`: a goroutine that stays on one OS thread.
//!
//! While it waits its thread waits with it, in place, and its processor goes
//! to another worker. Who finds it in a queue again (its `sp` says PINNED)
//! hands over a processor to its thread.

use std::ptr::null_mut;

use gorge_coro::{Mode, mode};

use crate::runtime::enter::{enter, exit};
use crate::runtime::goroutine::mark;
use crate::runtime::idling::give_away;
use crate::runtime::pinned;
use crate::runtime::worker::M;
use crate::runtime::world;

/// Wires the calling goroutine to the OS thread it runs on: until as many
/// calls of [`unlock_os_thread`], it runs on no other and nobody else runs on it.
///
/// For what belongs to the OS thread even though a goroutine has its own
/// thread-locals: signal mask, scheduling attributes, affinity, namespaces,
/// credentials of this thread, and C libraries that ask for the thread's id.
///
/// Does nothing on a plain thread. In thread mode a goroutine *is* an OS thread.
///
/// # Examples
/// ```
/// use gorge::runtime;
///
/// let worker = gorge::go(|| {
///     runtime::lock_os_thread(); // this thread is ours: its priority, its signal mask
///     runtime::gosched();
///     runtime::unlock_os_thread();
/// });
/// worker.join().unwrap();
/// ```
pub fn lock_os_thread() {
    if M::here().is_null() || mode() == Mode::Thread {
        return;
    }
    // SAFETY: a goroutine outside scheduler code; the record is its own.
    unsafe {
        let m = enter();
        let g = m.current();
        let extra = (*g).extra_mut();
        extra.locked = extra.locked.saturating_add(1);
        extra.home = std::ptr::from_ref(m).expose_provenance();
        (*g).set_mark(mark::LOCKED, true);
        m.locked_by.set(g);
        exit();
    }
}

/// Undoes one [`lock_os_thread`]. Without one it does nothing, as in Go.
pub fn unlock_os_thread() {
    if M::here().is_null() || mode() == Mode::Thread {
        return;
    }
    // SAFETY: as above.
    unsafe {
        let m = enter();
        let g = m.current();
        if m.locked_by.get() == g {
            let extra = (*g).extra_mut();
            extra.locked -= 1;
            if extra.locked == 0 {
                m.locked_by.set(null_mut());
                (*g).set_mark(mark::LOCKED, false);
            }
        }
        exit();
    }
}

/// The current goroutine, which has been published, has locked this thread:
/// the thread waits with it.
///
/// # Safety
/// As for `reschedule`.
#[cold]
#[inline(never)]
pub(crate) unsafe fn wait_in_place(m: &'static M) {
    // SAFETY: inside, the processor is ours until it is given away; the rest
    // is the caller's promise.
    unsafe {
        let p = m.p();
        m.lease.resign();
        give_away(world::lock(), p);
        pinned::wait(m)
    }
}
