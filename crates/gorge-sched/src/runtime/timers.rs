//! The timers of the processors, wired to the workers: who fires them, and
//! who is woken when an earlier one is set.
//!
//! - A processor's own worker fires its timers between goroutines.
//! - While there are idle workers the first of them, the *watcher*, sleeps
//!   until the earliest deadline of all.
//! - While all are busy the monitor looks once a millisecond.

use std::panic::Location;
use std::ptr::NonNull;

use gorge_base::probe;

use crate::listener::Listener;
use crate::runtime::birth;
use crate::runtime::clock;
use crate::runtime::firing::Firing;
use crate::runtime::processor::{self, P, attention};
use crate::runtime::ready::{Place, ready_inside};
use crate::runtime::records;
use crate::runtime::task::Task;
use crate::runtime::worker::M;
use crate::timer_heap::NEVER;

/// How many batches of timers (64 each, about ten microseconds) fire at one scheduling point.
const BURST: usize = 16;

/// The earliest deadline there is, [`NEVER`] if none.
pub(crate) fn earliest() -> u64 {
    processor::all().map(|p| p.timers.next_when()).min().unwrap_or(NEVER)
}

/// How many timers are armed.
///
/// # Examples
/// ```
/// use gorge::{runtime, time};
/// use std::time::Duration;
///
/// let before = runtime::num_timers();
/// let timer = time::Timer::new(Duration::from_secs(3600));
/// assert_eq!(runtime::num_timers(), before + 1);
/// timer.stop();
/// ```
pub fn live() -> usize {
    processor::all().map(|p| p.timers.count()).sum()
}

/// Whether one is, as far as can be said without asking those who fire just now.
pub(crate) fn any_live() -> bool {
    processor::all().any(|p| !p.timers.is_empty())
}

/// Fires what is due on `p`. Returns whether anything fired.
///
/// # Safety
/// The caller is `m`, inside.
#[inline]
pub(crate) unsafe fn fire_due(m: &M, p: &P) -> bool {
    if p.timers.next_when() == NEVER {
        return false;
    }
    // SAFETY: the caller's promise.
    unsafe { fire_due_slow(m, p) }
}

#[cold]
#[inline(never)]
unsafe fn fire_due_slow(m: &M, p: &P) -> bool {
    let now = clock::now();
    let mut fired = 0;
    for _ in 0..BURST {
        let batch = p.timers.try_run_expired(now, &firing(m, now));
        fired += batch.fired;
        if !batch.more {
            return fired > 0;
        }
    }
    // Whoever is ready does not wait for all of them: the others fire at the next scheduling point.
    p.call_attention(attention::TIMER);
    true
}

/// Fires what is due anywhere.
///
/// # Safety
/// The caller is `m`, inside.
pub(crate) unsafe fn fire_all_due(m: &M) -> bool {
    let mut fired = false;
    for p in processor::all() {
        // SAFETY: the caller's promise.
        fired |= unsafe { fire_due(m, p) };
    }
    fired
}

fn firing(m: &M, now: u64) -> Firing {
    Firing { now, worker: std::ptr::from_ref(m).cast(), ready: ready_here, spawn: spawn_here }
}

unsafe fn ready_here(worker: *const (), task: Task) {
    if let Some(listener) = task.as_listener() {
        // Foreign code runs neither here nor under the lock of the timers.
        // SAFETY: as below; this is the one time.
        return unsafe { spawn_here(worker, Box::new(herald(listener)), Location::caller()) };
    }
    // SAFETY: `firing` put a worker there, which is inside while it fires.
    unsafe { ready_inside(&*worker.cast::<M>(), task.as_ptr(), Place::Due) }
}

/// What tells `listener`, in a goroutine of its own.
///
/// # Safety
/// It is to be told, and this is the one time.
pub(crate) unsafe fn herald(listener: NonNull<Listener>) -> impl FnOnce() + Send + 'static {
    /// May be told by another thread.
    struct Told(NonNull<Listener>);
    // SAFETY: whoever calls `ready` may be any thread.
    unsafe impl Send for Told {}
    let told = Told(listener);
    move || {
        let Told(listener) = { told };
        // SAFETY: the caller's promise.
        unsafe { Listener::tell(listener) }
    }
}

/// Starts a goroutine from inside scheduler code.
///
/// # Safety
/// `worker` is an [`M`] that is inside.
pub(crate) unsafe fn spawn_here(
    worker: *const (),
    f: Box<dyn FnOnce() + Send>,
    at: &'static Location<'static>,
) {
    // SAFETY: as above; the record is fresh from the processor in use.
    unsafe {
        let m = &*worker.cast::<M>();
        let p = m.p();
        let g = records::take(p);
        birth::fill(g, f, p.take_id(), 0, at);
        (*g).ending.begin_detached();
        probe::starts(g as usize, true, at);
        count_birth(p);
        ready_inside(m, g, Place::Tail);
    }
}

/// Counts a goroutine born on `p`, which the caller uses.
#[inline(always)]
pub(crate) fn count_birth(p: &P) {
    use gorge_base::atomic::Ordering::Relaxed;
    p.born.store(p.born.load(Relaxed) + 1, Relaxed);
}
