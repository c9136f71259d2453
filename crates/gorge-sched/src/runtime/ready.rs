//! Making somebody ready, from inside scheduler code.

use gorge_base::atomic::{Ordering::Release, Ordering::SeqCst, compiler_fence};

use gorge_sys::futex;

use crate::runtime::bubble::record::{Readied, made_ready};
use crate::runtime::goroutine::{G, mark};
use crate::runtime::threads;
use crate::runtime::wake;
use crate::runtime::worker::M;

/// Where a goroutine that was made ready gets in line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// It runs next on this processor: for whom something was just handed over.
    Next,
    /// Before those who are only ready here: its time has come.
    Due,
    /// Behind everyone who is ready here.
    Tail,
}

/// Makes `g` ready.
///
/// # Safety
/// The caller is `m`, inside; this is the one `ready` for `g`'s park.
#[inline(always)]
pub(crate) unsafe fn ready_inside(m: &M, g: *mut G, place: Place) {
    // SAFETY: records stay mapped; the rest is the caller's promise.
    unsafe {
        if !(*g).is_plain() && ready_special(g) == Readied::Kept {
            return;
        }
        let p = m.p();
        match place {
            Place::Next => p.push_next(g),
            Place::Due => p.push_due(g),
            Place::Tail => p.ring.push(g),
        }
        // The compiler must not move the reading of the idle word before the
        // push. The processor may: see the README on why that loses nothing.
        compiler_fence(SeqCst);
        wake::after_push(p);
    }
}

/// Makes one ready that is not an ordinary goroutine; or says that it goes into a
/// queue after all.
///
/// # Safety
/// As for [`ready_inside`], except that the caller may be anywhere.
#[cold]
#[inline(never)]
pub(crate) unsafe fn ready_special(g: *mut G) -> Readied {
    // SAFETY: records stay mapped; the rest is the caller's promise.
    unsafe {
        if !(*g).is_goroutine() {
            unpark_thread(g);
            return Readied::Kept;
        }
        if (*g).has(mark::BUBBLE) { made_ready(g) } else { Readied::Queue }
    }
}

/// Makes a plain thread that waits go on.
///
/// # Safety
/// `g` is the record of a plain thread, and this is the one `ready` for its park.
#[inline(never)]
unsafe fn unpark_thread(g: *mut G) {
    // SAFETY: records stay mapped, also when the thread ends right after the store.
    let futex = unsafe { &(*g).futex };
    threads::goes_on();
    // Release: what the waker did is seen by the thread (acquire in its loop).
    futex.store(1, Release);
    futex::wake_one(futex);
}
