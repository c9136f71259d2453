//! Entering and leaving scheduler code.

use gorge_coro as coro;

use crate::runtime::pinned;
use crate::runtime::worker::M;
use crate::runtime::world;

/// Enters scheduler code from a goroutine: returns the worker, which holds a
/// processor.
///
/// # Safety
/// The caller runs in a goroutine, outside scheduler code.
#[inline(always)]
pub(crate) unsafe fn enter() -> &'static M {
    // SAFETY: in a goroutine the word is a worker, which is never freed.
    let m = unsafe { &*M::here() };
    if m.lease.try_enter() {
        return m;
    }
    // SAFETY: as above.
    unsafe { enter_slow() }
}

/// Leaves scheduler code, on whichever worker we are now.
///
/// # Safety
/// The caller runs in a goroutine, inside scheduler code.
#[inline(always)]
pub(crate) unsafe fn exit() {
    // SAFETY: as in `enter`.
    unsafe { (*M::here()).lease.exit() }
}

/// The processor is not ours right now: a thief looks at it, or it was given
/// to another worker while we computed or were blocked. Then this goroutine
/// takes an idle processor, or else its place in the global queue.
///
/// # Safety
/// As for [`enter`].
#[cold]
#[inline(never)]
pub(crate) unsafe fn enter_slow() -> &'static M {
    loop {
        // SAFETY: as in `enter`; it is read again after every switch.
        let m = unsafe { &*M::here() };
        m.lease.wait_for_taker();
        if m.lease.try_enter() {
            return m;
        }
        if !m.lease.is_displaced() {
            continue;
        }
        let mut world = world::lock();
        world.displaced -= 1;
        if let Some(p) = world.take_processor(false) {
            m.give(p, false);
            return m;
        }
        let g = m.current();
        world.enqueue(g);
        drop(world);
        if !m.locked_by.get().is_null() {
            // SAFETY: `g` is the calling goroutine, and in the queue; the
            // processor is gone.
            unsafe { pinned::wait(m) };
            return m;
        }
        m.idle_current();
        // SAFETY: `g` is the calling goroutine; the scheduling context of its
        // worker is saved, since `g` runs in its place. Whoever finds `g` in
        // the queue before it is saved puts it back.
        unsafe { coro::switch(&raw mut (*g).ctx, &raw mut (*m.scheduling()).ctx, m.word()) };
        // Resumed by a worker that holds a processor and is inside.
        // SAFETY: as in `enter`.
        let m = unsafe { &*M::here() };
        if !m.lease.peek().is_null() {
            return m;
        }
        // A thief is peeking at this very moment.
    }
}
