//! A worker without work: gives its processor up, sleeps, and watches the clock
//! meanwhile if it is the first of those who sleep.
//!
//! Invariants
//! - A processor on the idle list is empty, and its number says that it is in use.
//! - A worker is on the list of idle workers exactly while nobody has decided
//!   to hand it a processor; it takes itself off under the lock (`get_up`).
//! - While a timer is armed, somebody sees to it: the watcher, or, while
//!   anything runs, the monitor (see `watch`).

use std::hint::spin_loop;
use std::sync::atomic::Ordering::{Acquire, Relaxed, SeqCst};

use gorge_sys::futex;

use crate::runtime::clock;
use crate::runtime::poke;
use crate::runtime::processor::{self, P};
use crate::runtime::timers;
use crate::runtime::wake::{any_work, wake_one, wake_watcher};
use crate::runtime::worker::{M, wake};
use crate::runtime::world::{self, World};
use crate::timer_heap::NEVER;

/// How long (in pauses) it waits, after it has gone idle, for a push that did
/// not see it do so.
const LATE_PUSH: u32 = 20;

/// `m` has work: it spins no more.
pub(crate) fn found(m: &M) {
    if m.spinning.replace(false) && world::idle().found() && any_work() {
        wake_one();
    }
}

/// GOMAXPROCS went down: `p` is one too many. Returns with another processor.
///
/// # Safety
/// The caller is the scheduling context of `m`, inside, and uses `p`.
pub(crate) unsafe fn retire(m: &'static M, p: &'static P) {
    m.lease.resign();
    let mut world = world::lock();
    if p.id < processor::in_use() {
        // It went up again.
        return m.give(p, m.spinning.get());
    }
    // SAFETY: resigned, and in no list: `p` is ours.
    unsafe {
        world.unload(p);
        (*p.stacks.get()).trim();
    }
    world.retire(p);
    drop(world);
    if processor::get(0).timers.absorb(&p.timers) {
        wake_watcher();
    }
    found(m);
    if world::queued() != 0 {
        wake_one();
    }
    sleep_without_processor(m);
}

/// Nothing to do: gives the processor up and sleeps until somebody hands one over.
///
/// # Safety
/// As for [`retire`].
pub(crate) unsafe fn idle(m: &'static M, p: &'static P) {
    // Before the lock: a taker may have to be waited for.
    m.lease.resign();
    let mut world = world::lock();
    if world.queue.len() != 0 || p.id >= processor::in_use() || !p.is_empty() {
        return m.give(p, m.spinning.get());
    }
    m.wake.store(wake::NOTHING, Relaxed);
    world.idle_processor(p, m.spinning.replace(false));
    world.idle_worker(m);
    if world.is_quiet() {
        let earliest = timers::earliest();
        if clock::is_virtual() && earliest != NEVER {
            clock::jump_to(earliest);
            if get_up(m, &mut world) {
                return;
            }
        }
        drop(world);
        if earliest == NEVER {
            poke::poke(); // perhaps nothing will ever run again
        }
    } else {
        drop(world);
    }
    // Somebody may have pushed while we went idle and not have seen us. (He
    // runs his own ring in any case, and the monitor looks after it.)
    for _ in 0..LATE_PUSH {
        spin_loop();
    }
    if any_work() && get_up(m, &mut world::lock()) {
        return;
    }
    sleep(m);
}

/// `m` holds no processor: sleeps until it gets one.
pub(crate) fn sleep_without_processor(m: &'static M) {
    debug_assert!(!m.spinning.get() && m.lease.peek().is_null());
    let mut world = world::lock();
    m.wake.store(wake::NOTHING, Relaxed);
    world.idle_worker(m);
    if world.queue.len() != 0 && get_up(m, &mut world) {
        return;
    }
    let quiet = world.is_quiet();
    drop(world);
    if quiet {
        poke::poke();
    }
    sleep(m);
}

/// Takes an idle processor by itself if there is one; then `m` spins.
fn get_up(m: &'static M, world: &mut World) -> bool {
    if world.idle_processors.is_empty() {
        return false;
    }
    let Some(next_watcher) = world.leave_idle(m) else {
        return false; // somebody is handing us one
    };
    let Some(p) = world.take_processor(true) else { return false };
    m.give(p, true);
    if let Some(watcher) = next_watcher
        && timers::earliest() != NEVER
    {
        watcher.wake.store(wake::RECHECK, SeqCst);
        futex::wake_one(&raw const watcher.wake);
    }
    true
}

/// Sleeps until a processor is handed over.
fn sleep(m: &'static M) {
    loop {
        let deadline = if clock::is_virtual() { None } else { watch(m) };
        if m.wake.load(Acquire) == wake::NOTHING {
            futex::wait(&m.wake, wake::NOTHING, deadline);
        }
        if deadline.is_some_and(|d| d <= clock::now()) && get_up_in_time(m) {
            return;
        }
        match m.wake.load(Acquire) {
            wake::RUN => return,
            wake::RECHECK => {
                let _ = m.wake.compare_exchange(wake::RECHECK, wake::NOTHING, SeqCst, SeqCst);
            }
            _ => {}
        }
    }
}

/// Until when `m` may sleep: the first of the idle workers watches the clock.
fn watch(m: &'static M) -> Option<u64> {
    loop {
        let earliest = timers::earliest();
        let world = world::lock();
        if !world.is_first_idle(m) {
            drop(world);
            // What we have armed while we ran the watcher may not know.
            if timers::earliest() < world::watch().read() {
                wake_watcher();
            }
            return None;
        }
        world::watch().until(earliest);
        drop(world);
        if timers::earliest() >= earliest {
            return (earliest != NEVER).then_some(earliest);
        }
    }
}

/// A timer is due: takes a processor to run it on. If all are busy the monitor
/// tells them, and `m` waits; whoever goes idle while the timer is still there
/// wakes it, and so does the monitor if a processor becomes idle otherwise.
fn get_up_in_time(m: &'static M) -> bool {
    let mut world = world::lock();
    if get_up(m, &mut world) {
        return true;
    }
    if world.is_first_idle(m) {
        world::watch().until(NEVER);
    }
    drop(world);
    while m.wake.load(Acquire) == wake::NOTHING {
        futex::wait(&m.wake, wake::NOTHING, None);
    }
    false
}
