//! A fence that costs nothing on the side that runs often.
//!
//! Promise: if thread A does *store x; [`light`]; load y* and thread B does *store y; [`heavy`];
//! load x*, at least one of them sees the other's store: as if both had a `SeqCst` fence. Two light
//! sides give no such promise to each other; two heavy ones do.
//!
//! | | with membarrier | without (old kernel, seccomp, portable) |
//! |---|---|---|
//! | [`light`] | a compiler fence: no instruction | `fence(SeqCst)` |
//! | [`heavy`] | a system call that fences every running thread of the process | `fence(SeqCst)` |
//!
//! Why a mixture never happens: `ASYMMETRIC` becomes true once, after registration. A light side
//! that has seen it true may rely on membarrier; and [`heavy`] calls [`init`] itself and so uses
//! membarrier whenever any light side may have seen true. A light side that still sees false pays
//! for a fence it did not need.
//!
//! The heavy side takes 0.1 us when no other thread of the process runs, 10 us and more otherwise
//! (measured on two processors; the tail reaches milliseconds): for rare steps only.

/// Prepares the cheap form; true when [`light`] costs nothing from now on. Called at the start of
/// the runtime; calling it again gives the same answer at once.
#[cfg(not(loom))]
pub fn init() -> bool {
    *REGISTERED.get_or_init(|| {
        let registered = os::barrier::register().is_ok();
        ASYMMETRIC.store(registered, Ordering::Relaxed);
        registered
    })
}

/// The cheap side: orders what was stored before against what is loaded after, as seen by a thread
/// that calls [`heavy`].
#[cfg(not(loom))]
#[inline(always)]
pub fn light() {
    // Relaxed: see "why a mixture never happens" above.
    if ASYMMETRIC.load(Ordering::Relaxed) {
        compiler_fence(Ordering::SeqCst);
    } else {
        light_slow();
    }
}

/// The dear side: a full fence here and, in effect, in every thread that calls [`light`].
///
/// # Aborts
/// When the system takes membarrier away after [`init`] (a seccomp filter installed later): the
/// light sides rely on it already, and going on would be silently wrong.
#[cfg(not(loom))]
pub fn heavy() {
    // Also around membarrier, which skips its own fences when it finds nobody else to fence.
    fence(Ordering::SeqCst);
    if init() && os::barrier::everywhere().is_err() {
        heavy_slow();
    }
    fence(Ordering::SeqCst);
}

#[cfg(not(loom))]
use {
    crate::os,
    core::sync::atomic::{AtomicBool, Ordering, compiler_fence, fence},
    gorge_base::CachePadded,
    std::sync::OnceLock,
};

/// On a line of its own: read everywhere, and never written again.
#[cfg(not(loom))]
static ASYMMETRIC: CachePadded<AtomicBool> = CachePadded::new(AtomicBool::new(false));
#[cfg(not(loom))]
static REGISTERED: OnceLock<bool> = OnceLock::new();

#[cfg(not(loom))]
#[cold]
fn light_slow() {
    fence(Ordering::SeqCst);
}

/// Membarrier failed. A process made by `fork` may have to register again.
#[cfg(not(loom))]
#[cold]
fn heavy_slow() {
    if let Err(error) = os::barrier::register().and_then(|()| os::barrier::everywhere()) {
        eprintln!(
            "fatal error: membarrier worked when the program began and fails now ({error}); \
             a seccomp filter installed later must go on allowing it"
        );
        std::process::abort();
    }
}

/// Loom explores what the promise rests on: two `SeqCst` fences.
#[cfg(loom)]
mod explored {
    use gorge_base::sync::atomic::{Ordering, fence};

    /// Nothing to prepare.
    pub fn init() -> bool {
        true
    }

    /// A `SeqCst` fence.
    pub fn light() {
        fence(Ordering::SeqCst);
    }

    /// A `SeqCst` fence.
    pub fn heavy() {
        fence(Ordering::SeqCst);
    }
}

#[cfg(loom)]
pub use explored::{heavy, init, light};

#[cfg(test)]
mod tests;
