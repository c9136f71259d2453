//! Telling the monitor that something has happened: a word it sleeps on.

use gorge_base::atomic::{
    AtomicBool, AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};

use gorge_sys::futex;

static POKED: AtomicU32 = AtomicU32::new(0);
/// The monitor rests for long. Changed under the scheduler's lock.
static RESTS: AtomicBool = AtomicBool::new(false);

/// Something the monitor should look at has happened.
pub(crate) fn poke() {
    // Release: what happened is seen by the monitor (acquire in `rest`).
    if POKED.swap(1, Release) == 0 {
        futex::wake_one(&raw const POKED);
    }
}

/// Sleeps until somebody pokes, at most for so many nanoseconds. Says whether
/// somebody has; several pokes may be one.
pub(crate) fn rest(nanoseconds: Option<u64>) -> bool {
    let deadline = nanoseconds.map(|n| gorge_sys::clock::now().saturating_add(n));
    if POKED.load(Acquire) == 0 {
        futex::wait(&POKED, 0, deadline);
    }
    POKED.swap(0, Acquire) != 0
}

/// The monitor is about to rest for long, or has done so. Under the
/// scheduler's lock.
pub(crate) fn set_resting(rests: bool) {
    RESTS.store(rests, Relaxed);
}

/// A processor gets work: the monitor must look after it. Under the
/// scheduler's lock.
pub(crate) fn work_appears() {
    if RESTS.load(Relaxed) {
        RESTS.store(false, Relaxed);
        poke();
    }
}
