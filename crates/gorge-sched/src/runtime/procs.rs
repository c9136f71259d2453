//! GOMAXPROCS, at run time.

use crate::runtime::boot;
use crate::runtime::processor::{self, MAX_PROCS, attention};
use crate::runtime::wake::wake_one;
use crate::runtime::worker::M;
use crate::runtime::world;

/// Sets how many processors run goroutines at the same time, and gives the
/// number before. 0 only reads it.
///
/// More processors are at work at once. When there shall be fewer, those that
/// are too many stop at their next scheduling point, and are taken from
/// goroutines that compute or block.
///
/// The default is the number of processors allowed to the process (affinity,
/// and the quota of its control group), or the environment variable
/// `GOMAXPROCS`.
///
/// # Panics
/// When `n` is above 1,024.
///
/// # Examples
/// ```
/// let before = gorge::runtime::gomaxprocs(3);
/// assert_eq!(gorge::runtime::gomaxprocs(before), 3);
/// assert_eq!(gorge::runtime::gomaxprocs(0), before);
/// ```
pub fn gomaxprocs(n: usize) -> usize {
    assert!(n <= MAX_PROCS, "gomaxprocs: {n} is above {MAX_PROCS}");
    boot::ensure();
    let mut world = world::lock();
    let before = processor::in_use();
    if n == 0 || n == before {
        return before;
    }
    processor::set_in_use(n);
    if n > before {
        for p in (before..n).map(processor::get) {
            // One that has not noticed yet that it was too many just stays.
            if p.retired.get() {
                world.employ(p);
            }
        }
        drop(world);
        wake_one();
    } else {
        world.retire_idle(|id| id >= n);
        for p in (n..before).map(processor::get).filter(|p| !p.retired.get()) {
            p.call_attention(attention::RETIRE);
        }
        drop(world);
    }
    before
}

/// Whether somebody else can be running at this moment, beside the caller: with one processor no other goroutine
/// is (but for those that have lost theirs). So whether waiting awake for somebody else makes sense.
#[inline(always)]
pub fn others_run() -> bool {
    processor::in_use() > 1 || M::here().is_null()
}

/// Processors allowed to this process: affinity, and the quota of its control
/// group, rounded up.
///
/// # Examples
/// ```
/// assert!(gorge::runtime::num_cpu() >= 1);
/// ```
pub fn num_cpu() -> usize {
    gorge_sys::cpu::available()
}
