//! A worker without work: gives its processor up, sleeps, and watches the clock
//! meanwhile if it is the first of those who sleep.
//!
//! Invariants
//! - A processor on the idle list is empty, and its number says that it is in use.
//! - A worker is on the list of idle workers exactly while nobody has decided
//!   to hand it a processor; it takes itself off under the lock (`get_up`).
//! - A worker whose thread ends is in no list from before it says so (`leaving`) until its record may be used
//!   again (`left`).
//! - While a timer is armed, somebody sees to it: the watcher, or, while
//!   anything runs, the monitor (see `watch`). So too while a descriptor is
//!   watched: then the watcher sleeps in the poller (see `polled`).

use std::hint::spin_loop;
use std::sync::MutexGuard;
use std::time::Duration;

use gorge_base::atomic::{
    AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed, SeqCst},
};
use gorge_sys::futex;
use gorge_sys::poller::{Events, Patience};

use crate::runtime::clock;
use crate::runtime::netpoll;
use crate::runtime::poke;
use crate::runtime::polled;
use crate::runtime::processor::{self, P};
use crate::runtime::timers;
use crate::runtime::wake::{any_work, find_worker, wake_one, wake_watcher};
use crate::runtime::worker::{M, wake};
use crate::runtime::world::{self, World};
use crate::timer_heap::NEVER;

/// How long (in pauses) it waits, after it has gone idle, for a push that did
/// not see it do so.
const LATE_PUSH: u32 = 20;

/// Whoever leaves the watch to the next wakes him for a deadline nearer than this.
const NEAR: u64 = 1_000_000;

/// How often in a row a worker may look for the work of others in vain before it dozes first.
const VAIN: u32 = 2;
/// For how long then, in nanoseconds; twice as long each time it was in vain again.
const DOZE: u64 = 50_000;
/// The most doublings: less than a millisecond in all, as the monitor's looks.
const DOUBLINGS: u32 = 3;

/// So many idle workers are kept for good, beyond one for each processor.
const SPARE: usize = 4;

/// For how long, in nanoseconds, the others are kept.
static SPARE_FOR: AtomicU64 = AtomicU64::new(10_000_000_000);

/// For how long threads are kept that are not needed any more: ten seconds unless told otherwise.
///
/// They were made while goroutines blocked theirs, and cost memory of the system.
///
/// # Examples
/// ```
/// gorge_sched::registry::keep_spare_threads(std::time::Duration::from_secs(60));
/// ```
pub fn keep_spare_threads(time: Duration) {
    SPARE_FOR.store(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX / 2), Relaxed);
}

/// `m` has work: it spins no more.
pub(crate) fn found(m: &M) {
    m.vain.set(0);
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
        if earliest == NEVER && !polled::is_on() {
            // Perhaps nothing will ever run again. (With sockets that is rare, and
            // quiet is not: the monitor finds out by itself.)
            poke::poke();
        }
    } else {
        drop(world);
    }
    // Somebody may have pushed while we went idle and not have seen us. (He
    // runs his own ring in any case, and the monitor looks after it.)
    for _ in 0..LATE_PUSH {
        spin_loop();
    }
    let vain = m.vain.replace(m.vain.get() + 1);
    if vain >= VAIN && any_work() && world::queued() == 0 {
        doze(m, vain - VAIN);
    }
    if any_work() && get_up(m, &mut world::lock()) {
        return;
    }
    sleep(m);
}

/// Gives `p` to another worker if there is anything to run, else to the idle ones: its worker goes
/// on, or waits, without it.
///
/// # Safety
/// `p` is in nobody's hands but the caller's.
pub(crate) unsafe fn give_away(mut world: MutexGuard<'static, World>, p: &'static P) {
    if !p.is_empty() || world.queue.len() != 0 || p.id >= processor::in_use() {
        // SAFETY: the caller's promise.
        return unsafe { find_worker(world, p) };
    }
    world.idle_processor(p, false);
    let quiet = world.is_quiet();
    drop(world);
    // As for every worker that goes idle: somebody may have pushed and not have seen it; and the clock and
    // the descriptors, which who runs looks at, are the watcher's now.
    if any_work() {
        wake_one();
    } else {
        let (earliest, watched) = (earliest_real(), world::watch().read());
        if earliest < watched || (watched == 0 && (earliest != NEVER || polled::is_on())) {
            wake_watcher();
        }
    }
    if quiet {
        poke::poke();
    }
}

/// There is work that `m` could not have: a worker whose thread the system has interrupted
/// inside the scheduler, or that is about to run it itself. Looking again at once would
/// take time from just that thread. Whoever has something for `m` wakes it.
#[cold]
fn doze(m: &'static M, again: u32) {
    let until = gorge_sys::clock::now() + (DOZE << again.min(DOUBLINGS));
    // It may be who watches the clock.
    futex::wait(&m.wake, wake::NOTHING, Some(until.min(earliest_real())));
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
    // While anything runs the monitor looks each millisecond.
    let soon = if polled::is_on() { clock::now().saturating_add(NEAR) } else { NEVER };
    if let Some(watcher) = next_watcher
        && timers::earliest() < soon
    {
        watcher.tell(wake::RECHECK);
    }
    true
}

/// What an idle worker sees to while it sleeps.
#[derive(Clone, Copy)]
struct Watch {
    /// The clock: until then.
    deadline: Option<u64>,
    /// The descriptors: it sleeps in the poller.
    polls: bool,
    /// It is one too many: if nobody needs it until then its thread ends.
    spare: Option<u64>,
}

impl Watch {
    const NOTHING: Watch = Watch { deadline: None, polls: false, spare: None };
}

/// Sleeps until a processor is handed over, or there is something to use one for.
fn sleep(m: &'static M) {
    loop {
        let watch = watch(m);
        if nap(m, watch) {
            return;
        }
        if watch.deadline.is_some_and(|d| d <= clock::now()) && get_up_in_time(m, watch) {
            return;
        }
        if watch.spare.is_some_and(|end| end <= gorge_sys::clock::now()) && leave(m) {
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

/// Sleeps until somebody has something to say, or the deadline, or for no
/// reason. True if `m` has taken a processor, for events that came.
fn nap(m: &'static M, watch: Watch) -> bool {
    if watch.polls {
        return poll(m, watch.deadline);
    }
    if m.wake.load(Acquire) == wake::NOTHING {
        futex::wait(&m.wake, wake::NOTHING, watch.deadline.or(watch.spare));
    }
    false
}

/// Has the thread of `m` end, if nobody is about to use it and there are enough others.
fn leave(m: &'static M) -> bool {
    let mut world = world::lock();
    if !is_one_too_many(&world) || world.is_first_idle(m) || world.leave_idle(m).is_none() {
        return false;
    }
    m.leaving.set(true);
    true
}

fn is_one_too_many(world: &World) -> bool {
    world.idle_workers.len() > processor::in_use() + SPARE
}

/// The thread of `m` has done all it will do with the record: another may have it.
pub(crate) fn left(m: &'static M) {
    let mut world = world::lock();
    m.leaving.set(false);
    world.workers.retain(|worker| !std::ptr::eq(*worker, m));
    world.unborn.push(m);
}

/// As [`nap`], in the poller.
fn poll(m: &'static M, deadline: Option<u64>) -> bool {
    if !polled::seat().claim() {
        // Whoever was there before us tells us when he has left.
        futex::wait(&m.wake, wake::NOTHING, deadline);
        return false;
    }
    let mut events = Events::new();
    let mut count = 0;
    // Acquire and release on both: they order the word with what `M::tell` was called for.
    if m.wake.compare_exchange(wake::NOTHING, wake::POLLS, AcqRel, Acquire).is_ok() {
        count = polled::wait(&mut events, deadline.map_or(Patience::Endless, Patience::Until));
        let _ = m.wake.compare_exchange(wake::POLLS, wake::NOTHING, AcqRel, Acquire);
    }
    if polled::seat().leave() {
        wake_watcher();
    }
    if count == 0 {
        return false;
    }
    if m.wake.load(Acquire) != wake::RUN && !get_up(m, &mut world::lock()) {
        // All are busy, or somebody is about to hand us a processor.
        netpoll::deliver_from_outside(&events);
        return false;
    }
    // SAFETY: `m` holds a processor; this is its thread, inside.
    unsafe { netpoll::deliver(m, &events) };
    true
}

/// What `m` is to watch: the first of the idle workers watches for all.
fn watch(m: &'static M) -> Watch {
    loop {
        let earliest = earliest_real();
        let world = world::lock();
        if !world.is_first_idle(m) {
            let spare = is_one_too_many(&world)
                .then(|| gorge_sys::clock::now().saturating_add(SPARE_FOR.load(Relaxed)));
            drop(world);
            // What we have armed while we ran the watcher may not know.
            if earliest_real() < world::watch().read() {
                wake_watcher();
            }
            return Watch { spare, ..Watch::NOTHING };
        }
        world::watch().until(earliest);
        let polls = polled::is_on();
        polled::set_watched(polls);
        drop(world);
        if earliest_real() >= earliest {
            return Watch { deadline: (earliest != NEVER).then_some(earliest), polls, spare: None };
        }
    }
}

/// The earliest deadline that is to be slept for: a virtual clock jumps.
fn earliest_real() -> u64 {
    if clock::is_virtual() { NEVER } else { timers::earliest() }
}

/// A timer is due: takes a processor to run it on. If all are busy the monitor
/// tells them, and `m` waits; whoever goes idle while the timer is still there
/// wakes it, and so does the monitor if a processor becomes idle otherwise.
fn get_up_in_time(m: &'static M, watch: Watch) -> bool {
    let mut world = world::lock();
    if get_up(m, &mut world) {
        return true;
    }
    if world.is_first_idle(m) {
        world::watch().until(NEVER);
    }
    drop(world);
    while m.wake.load(Acquire) == wake::NOTHING {
        if nap(m, Watch { polls: watch.polls, ..Watch::NOTHING }) {
            return true;
        }
    }
    false
}
