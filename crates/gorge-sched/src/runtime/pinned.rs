//! Waiting in place: what a goroutine that has locked its OS thread does
//! instead of being switched away.

use gorge_base::atomic::Ordering::{Acquire, Relaxed, Release};

use gorge_coro::{PINNED, RUNNING};
use gorge_sys::futex;

use crate::runtime::goroutine::G;
use crate::runtime::processor::P;
use crate::runtime::wake::hand;
use crate::runtime::worker::{M, wake};

/// The current goroutine has been published (in a queue, or where a waker
/// finds it) and its worker holds no processor: the thread waits until it is
/// handed one.
///
/// # Safety
/// The caller is the goroutine on `m`, which has locked the thread.
pub(crate) unsafe fn wait(m: &'static M) {
    let g = m.current();
    m.wake.store(wake::NOTHING, Relaxed);
    // Release: from here on whoever finds the goroutine may hand a processor
    // over, after the store above.
    // SAFETY: the record is the current goroutine's.
    unsafe { (*g).ctx.sp.store(PINNED, Release) };
    while m.wake.load(Acquire) != wake::RUN {
        futex::wait(&m.wake, wake::NOTHING, None);
    }
}

/// Hands `p` to the thread of a goroutine that was found in a queue pinned.
///
/// # Safety
/// `g` came out of a queue, its `sp` is PINNED, and the caller has resigned `p`.
pub(crate) unsafe fn hand_home(g: *mut G, p: &'static P) {
    // SAFETY: the goroutine waits, and is ours to wake; its worker is never freed.
    unsafe {
        (*g).ctx.sp.store(RUNNING, Relaxed);
        let home = (*g).extra().map_or(0, |e| e.home);
        hand(&*std::ptr::with_exposed_provenance::<M>(home), p, false);
    }
}
