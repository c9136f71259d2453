//! Who runs next on a processor.

use gorge_base::atomic::Ordering::Relaxed;

use crate::runtime::goroutine::G;
use crate::runtime::processor::{P, Tick, attention, in_use};
use crate::runtime::timers;
use crate::runtime::wake;
use crate::runtime::worker::M;
use crate::runtime::world;

/// The goroutine to run now, or null when the scheduling context shall look
/// further.
///
/// # Safety
/// The caller is `m`, inside, and uses `p`.
#[inline(always)]
pub(crate) unsafe fn pick(m: &M, p: &P) -> *mut G {
    let tick = p.tick();
    if (tick == Tick::Fair) | (p.attention.load(Relaxed) != 0) {
        // SAFETY: the caller's promise.
        return unsafe { pick_slow(m, p, tick) };
    }
    // SAFETY: as above.
    unsafe { p.pop() }
}

/// Every 61st time, and whenever somebody asked for something. Every 61st time the global
/// queue comes first, and whoever was to run next queues up like the others,
/// so that two goroutines which only talk to each other starve nobody. Else those come first
/// whose time has come.
#[cold]
#[inline(never)]
unsafe fn pick_slow(m: &M, p: &P, tick: Tick) -> *mut G {
    let asked = p.take_attention();
    // SAFETY: the caller of `pick` uses `p`, and is `m`, inside.
    unsafe {
        if asked & attention::STEAL != 0 {
            wake::donate(p);
        }
        if asked & attention::RETIRE != 0 && p.id >= in_use() {
            // The scheduling context sees for itself that `p` is one too many.
            return std::ptr::null_mut();
        }
        timers::fire_due(m, p);
        if tick == Tick::Fair {
            p.demote_next();
            if world::queued() != 0 {
                let g = world::lock().dequeue();
                if !g.is_null() {
                    return g;
                }
            }
        }
        let g = p.pop_due();
        if g.is_null() { p.pop() } else { g }
    }
}
