//! The words about polling that lie below everything else: the poller itself,
//! and whether somebody waits in it.
//!
//! | [`is_on`] | [`is_watched`] | means |
//! |---|---|---|
//! | false | false | no descriptor has been watched yet: the poller does not exist |
//! | true | false | who runs looks when it runs out of work, and the monitor looks for all |
//! | true | true | the first of the idle workers waits in the poller, or is about to |
//!
//! Invariant: `WATCHED` changes under the world's lock, together with who is
//! first in the list of idle workers.

use std::io;
use std::sync::{Mutex, OnceLock, PoisonError};

use gorge_base::atomic::{
    AtomicBool, AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};
use gorge_sys::poller::{Events, Patience, Poller};

use crate::runtime::report;
use crate::seat::Seat;

static POLLER: OnceLock<Poller> = OnceLock::new();
static ON: AtomicBool = AtomicBool::new(false);
static WATCHED: AtomicBool = AtomicBool::new(false);
/// Somebody looks without blocking.
static LOOKING: AtomicBool = AtomicBool::new(false);
/// The one place of who blocks in the poller.
static SEAT: Seat = Seat::new();
/// How often somebody has looked or waited. Exact enough to see that nobody did.
static LOOKS: AtomicU32 = AtomicU32::new(0);
/// Events that came.
pub(crate) static EVENTS: AtomicU64 = AtomicU64::new(0);

/// Whether there is a poller.
#[inline(always)]
pub(crate) fn is_on() -> bool {
    // Relaxed: who turned it on wakes the watcher afterwards, under the world's lock.
    ON.load(Relaxed)
}

/// Whether the first of the idle workers waits in the poller.
#[inline(always)]
pub(crate) fn is_watched() -> bool {
    WATCHED.load(Relaxed)
}

/// Under the world's lock, by or for the first of the idle workers.
pub(crate) fn set_watched(watched: bool) {
    WATCHED.store(watched, Relaxed);
}

/// The poller, if there is one.
pub(crate) fn poller() -> Option<&'static Poller> {
    POLLER.get()
}

/// The poller; the second says whether this call has made it.
pub(crate) fn start() -> io::Result<(&'static Poller, bool)> {
    static STARTING: Mutex<()> = Mutex::new(());
    if let Some(poller) = POLLER.get() {
        return Ok((poller, false));
    }
    let _starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(poller) = POLLER.get() {
        return Ok((poller, false));
    }
    let poller = Poller::new()?;
    let poller = POLLER.get_or_init(|| poller);
    ON.store(true, Release);
    Ok((poller, true))
}

/// The one place of who blocks in the poller.
pub(crate) fn seat() -> &'static Seat {
    &SEAT
}

/// Looks for events without blocking, unless somebody else does or waits for
/// them. Zero when there were none.
pub(crate) fn look(events: &mut Events) -> usize {
    // Acquire and release: none but that what was found is found by one.
    if LOOKING.swap(true, Acquire) {
        return 0;
    }
    let count = wait(events, Patience::None);
    LOOKING.store(false, Release);
    count
}

/// Waits for events; the caller is the first of the idle workers, unless it
/// only looks.
pub(crate) fn wait(events: &mut Events, patience: Patience) -> usize {
    let Some(poller) = POLLER.get() else { return 0 };
    LOOKS.store(LOOKS.load(Relaxed).wrapping_add(1), Relaxed);
    // What can fail here is the poller itself. Without it whoever waits for a descriptor waits for ever.
    let count = match poller.wait(events, patience) {
        Ok(count) => count,
        Err(error) => report::fatal(&format!(
            "the poller cannot be waited for: {error}; has its descriptor been closed by its number?"
        )),
    };
    if count != 0 {
        EVENTS.fetch_add(count as u64, Relaxed);
    }
    count
}

/// How often somebody has looked.
pub(crate) fn looks() -> u32 {
    LOOKS.load(Relaxed)
}

/// Makes who waits in the poller return.
pub(crate) fn interrupt() {
    if let Some(poller) = POLLER.get() {
        poller.interrupt();
    }
}
