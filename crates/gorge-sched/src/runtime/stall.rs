//! Deciding that the program is stuck: no goroutine can ever run again.
//!
//! It is, when all of the following hold at one moment:
//! - no processor is in use, no goroutine is runnable, none goes on outside a
//!   processor (blocked in a system call, computing);
//! - no timer is armed;
//! - nobody waits for a descriptor, or for something else from outside;
//! - every OS thread of the process is known: it belongs to the runtime, or is
//!   a plain thread that is parked in Gorge itself.
//!
//! A plain thread outside the runtime might wake somebody, so as long as there
//! is one nothing is reported; it is looked for again now and then.
//!
//! # Why there is no false alarm
//!
//! The conditions are read one after the other, between two readings of an
//! epoch that changes whenever a processor gets work or a plain thread parks
//! or goes on. When the epoch has not changed, nothing of ours ran in between.
//! A foreign thread could have started a second one and parked itself between
//! our counting of threads and our counting of the parked: then the epoch
//! changed. Threads of the runtime count themselves after they have come into
//! being and uncount before they end; one that ends after we have counted it, and
//! before the system counts, would be subtracted for somebody else, and so the
//! counts are part of the epoch.

use std::sync::Mutex;

use gorge_base::atomic::{AtomicBool, Ordering::SeqCst};

use crate::runtime::netpoll;
use crate::runtime::report;
use crate::runtime::threads::{CHANGES, PARKED};
use crate::runtime::timers;
use crate::runtime::wake::ALIVE;
use crate::runtime::world;

static ARMED: AtomicBool = AtomicBool::new(true);
static NO_STACK: Mutex<Option<String>> = Mutex::new(None);

/// Switches the report off or on: for programs whose goroutines are woken in
/// ways the runtime cannot know (another process, a signal handler).
pub fn set_deadlock_detection(on: bool) {
    ARMED.store(on, SeqCst);
}

/// A goroutine found no stack; kept for who asks next.
pub(crate) fn starved(error: &gorge_coro::StackError) {
    *NO_STACK.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(error.to_string());
}

/// Why goroutines wait for a stack.
pub(crate) fn why_starved() -> String {
    NO_STACK
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .clone()
        .unwrap_or_else(|| "no stack for a goroutine".into())
}

/// What was read between two epochs.
#[derive(PartialEq, Eq)]
struct Epoch {
    world: u64,
    parked: usize,
    workers: usize,
    goroutine_threads: usize,
}

fn epoch() -> Option<Epoch> {
    let world = world::lock();
    world.is_quiet().then(|| Epoch {
        world: world.epoch,
        parked: CHANGES.load(SeqCst),
        workers: ALIVE.load(SeqCst),
        goroutine_threads: gorge_coro::thread_count(),
    })
}

/// Asked by the monitor when nothing runs: does not return when nothing ever
/// will. Otherwise says after how many nanoseconds to ask again without being
/// poked, if at all.
pub(crate) fn when_quiet() -> Option<u64> {
    const SOON: u64 = 20_000_000;
    if !ARMED.load(SeqCst) || timers::any_live() {
        return None; // the watcher of the clock is awake in time
    }
    let before = epoch()?;
    if netpoll::anybody_waits() {
        return None; // who waits in the poller is awake when it comes
    }
    let parked = usize::try_from(PARKED.load(SeqCst)).unwrap_or(0);
    let ours = 1 + before.workers + parked + before.goroutine_threads;
    let Some(threads) = gorge_sys::threads::count() else {
        return None; // this platform does not tell: never an alarm
    };
    if threads > ours {
        return Some(SOON); // a plain thread may still wake somebody
    }
    if timers::any_live() || epoch().as_ref() != Some(&before) {
        return Some(SOON);
    }
    if world::starved() {
        report::fatal(&why_starved());
    }
    report::stall()
}
