//! The monitor: a thread without a processor that looks after the others.
//!
//! Once a millisecond, while anything runs (every four when it had nothing to do for a while, see [`Calm`]), it
//! - takes the processor from a worker that has stayed in one goroutine's own
//!   code (blocking or computing, it need not know which) for two looks while
//!   others wait, and gives it to another worker;
//! - tells processors that their timers are due;
//! - mends wake-ups that were left out or lost;
//! - looks for events of descriptors when nobody else does.
//!
//! When one was blocked and others wait, many are likely to block one after the other. So between two
//! looks it then looks for those alone, much more often (`blocked_ones`): a processor passes through a
//! crowd of them in as many tenths of a millisecond instead of milliseconds.
//!
//! While nothing runs it sleeps, and decides whether anything ever will (`stall`).

use gorge_base::atomic::{
    AtomicPtr, AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

use gorge_sys::futex;

use crate::runtime::clock;
use crate::runtime::netpoll;
use crate::runtime::poke::{self, rest};
use crate::runtime::polled;
use crate::runtime::processor::{self, P, attention};
use crate::runtime::timers;
use crate::runtime::wake::{find_worker, wake_one, wake_watcher};
use crate::runtime::worker::M;
use crate::runtime::world;
use crate::timer_heap::NEVER;

/// Nanoseconds between two looks.
const PERIOD: u64 = 1_000_000;
/// The same when it has had nothing to do for [`CALM_AFTER`] looks.
const CALM_PERIOD: u64 = 4_000_000;
const CALM_AFTER: u32 = 100;
/// After so many looks without progress a processor is taken away.
const PATIENCE: u32 = 2;
/// Nanoseconds between two looks for those that block, while there are such.
const SOON: u64 = 20_000;
/// After so many of them in vain there are no more.
const SOON_IN_VAIN: u32 = 30;
/// After so many looks at a quiet world the monitor rests until it is poked.
const REST_AFTER: u32 = 10;
/// After so many more nanoseconds what the processors cache is given back.
const TRIM_AFTER: u64 = 200_000_000;
/// Nanoseconds after which, also while others work, the memory of stacks that
/// nobody has used meanwhile goes to the system.
const GIVE_BACK_EVERY: u64 = 10_000_000_000;

/// What decides whether the program is stuck (set once; `stall` lies above).
/// Gives the nanoseconds after which to ask again.
static WHEN_QUIET: AtomicPtr<()> = AtomicPtr::new(std::ptr::null_mut());

/// Processors taken from workers that did not come back in time.
pub(crate) static HANDOFFS: AtomicU64 = AtomicU64::new(0);
/// Those of them whose threads waited in the system, and those whose threads computed.
pub(crate) static BLOCKED: AtomicU64 = AtomicU64::new(0);
pub(crate) static COMPUTED: AtomicU64 = AtomicU64::new(0);

/// How often it has looked at all that run.
pub(crate) static LOOKS: AtomicU64 = AtomicU64::new(0);

/// Starts the monitor's thread.
pub(crate) fn start(when_quiet: fn() -> Option<u64>) -> std::io::Result<()> {
    WHEN_QUIET.store(when_quiet as *mut (), Release);
    std::thread::Builder::new().name("gorge-monitor".into()).spawn(monitor)?;
    Ok(())
}

fn monitor() {
    gorge_sys::threads::sleep_exactly();
    // SAFETY: only `start` stores here, before this thread exists.
    let when_quiet: fn() -> Option<u64> = unsafe { std::mem::transmute(WHEN_QUIET.load(Acquire)) };
    let began = gorge_sys::clock::now();
    let mut heads = vec![0u64; processor::MAX_PROCS];
    let mut quiet_looks = 0u32;
    let mut blocking_goes_on = false;
    let mut calm = Calm::default();
    let mut hunger = Hunger::default();
    let mut given_back = began;
    loop {
        let now = gorge_sys::clock::now();
        world::set_coarse_ms((now - began) / 1_000_000);
        if now - given_back >= GIVE_BACK_EVERY {
            given_back = now;
            gorge_coro::give_back_idle_stacks();
        }
        if !world::lock().is_quiet() {
            quiet_looks = 0;
            let seen = look(&mut heads);
            calm.note(!seen.to_do);
            if seen.blocked || blocking_goes_on {
                blocking_goes_on = blocked_ones();
            } else {
                rest_for(if seen.standstill { PERIOD } else { calm.period() });
            }
            continue;
        }
        if timers::earliest() != NEVER {
            see_to_the_clock();
        }
        see_to_descriptors();
        quiet_looks = quiet_looks.saturating_add(1);
        if world::starved() && hunger.may_try_again() {
            give_back();
            feed_all();
            rest_a_period();
            continue;
        }
        let again = when_quiet();
        if quiet_looks < REST_AFTER {
            rest_for(calm.period());
        } else {
            rest_for_long(again, quiet_looks - REST_AFTER);
        }
    }
}

/// For how long there was nothing to do for the monitor: all processors were busy, nobody blocked, and they looked
/// for events and timers themselves.
///
/// Then it looks less often, since each look costs the others more than it takes: on a machine where other
/// programs wait for a processor, too, the worker it interrupts may have to wait for all of them. (An echo server
/// at 1,000 connections beside compilers: 3.8 us of its processor's time a request, 3.1 without.) The first
/// goroutine that blocks is then found after nine milliseconds at the latest instead of three.
#[derive(Default)]
struct Calm {
    looks: u32,
}

impl Calm {
    fn note(&mut self, calm: bool) {
        self.looks = if calm { self.looks.saturating_add(1) } else { 0 };
    }

    /// How long to rest now: no longer than until the first timer that is armed, if that is not too soon.
    fn period(&self) -> u64 {
        if self.looks < CALM_AFTER {
            return PERIOD;
        }
        timers::earliest().saturating_sub(clock::now()).clamp(PERIOD, CALM_PERIOD)
    }
}

/// Nothing has run for a while. Returns when something does, or when it may
/// have become certain that nothing ever will: whatever was found out before a
/// poke is out of date after it.
fn rest_for_long(again: Option<u64>, looks: u32) {
    let nap = again.map_or(TRIM_AFTER, |a| a.min(TRIM_AFTER));
    if !may_rest() || rest(Some(nap)) || !may_rest() {
        return;
    }
    give_back();
    // What nobody takes up between these two calls goes to the system.
    gorge_coro::give_back_idle_stacks();
    if rest(Some(nap)) || !may_rest() {
        return;
    }
    gorge_coro::give_back_idle_stacks();
    // A thread outside the runtime is looked for less and less often.
    rest(again.map(|a| a << looks.min(5)));
}

/// Nothing runs, and a timer is armed.
fn see_to_the_clock() {
    if clock::is_virtual() {
        // A plain thread armed it while all goroutines were asleep, or the
        // last of them waits in place, its thread locked.
        let world = world::lock();
        if world.is_quiet() {
            clock::jump_to(timers::earliest()); // not while anything runs: under the lock
            drop(world);
            wake_one();
        }
    } else if timers::earliest() < world::watch().read() || world::watch().read() == 0 {
        wake_watcher(); // or there is none yet
    }
}

/// Nobody waits in the poller, and nobody has looked since the last time: looks
/// for events itself if all are busy, else has somebody wait for them. Whether it was so.
fn see_to_descriptors() -> bool {
    static SEEN: AtomicU32 = AtomicU32::new(0);
    if !polled::is_on() || polled::is_watched() {
        return false;
    }
    let looks = polled::looks();
    if SEEN.swap(looks, Relaxed) != looks {
        return false;
    }
    if world::idle().read().all_busy() {
        netpoll::look_from_outside();
    } else {
        wake_watcher();
    }
    true
}

/// Goroutines wait for a stack although nothing runs: when it makes sense to
/// let them try again.
#[derive(Default)]
struct Hunger {
    /// How many goroutines had ended at the last try, and when that was.
    ended: u64,
    tried: u64,
}

impl Hunger {
    /// When another goroutine has given its stack back, or some time has
    /// passed: perhaps another process has ended.
    fn may_try_again(&mut self) -> bool {
        let now = gorge_sys::clock::now();
        let ended = processor::all().map(|p| p.ended.load(Relaxed)).sum();
        if ended == self.ended && now < self.tried.saturating_add(TRIM_AFTER) {
            return false;
        }
        *self = Hunger { ended, tried: now };
        true
    }
}

fn feed_all() {
    let mut world = world::lock();
    loop {
        let g = world.feed();
        if g.is_null() {
            break;
        }
        world.enqueue(g);
    }
    drop(world);
    wake_one();
}

/// Whether it is still quiet; then whoever brings work wakes the monitor.
fn may_rest() -> bool {
    let world = world::lock();
    let quiet = world.is_quiet();
    poke::set_resting(quiet);
    quiet
}

/// Sleeps for a period, not to be poked out of it: pokes say that the world
/// has become quiet, which is seen at the next look.
fn rest_a_period() {
    rest_for(PERIOD);
}

fn rest_for(nanoseconds: u64) {
    static NEVER_SET: AtomicU32 = AtomicU32::new(0);
    futex::wait(&NEVER_SET, 0, Some(gorge_sys::clock::now() + nanoseconds));
}

/// For a period: takes the processors of those that have made no progress since the last look, and wait
/// in the system, if others wait for them. Whether there were any.
fn blocked_ones() -> bool {
    let end = gorge_sys::clock::now() + PERIOD;
    let (mut any, mut in_vain) = (false, 0);
    while in_vain < SOON_IN_VAIN && gorge_sys::clock::now() < end {
        rest_for(SOON);
        in_vain += 1;
        let now = clock::now();
        for (p, m) in held() {
            if is_blocked(p, m, now) && hand_off(p, m, Some(true)) {
                (any, in_vain) = (true, 0);
            }
        }
    }
    rest_for(end.saturating_sub(gorge_sys::clock::now()));
    any
}

/// Looks between the looks that count: these are too near each other to say anything of one that computes.
fn is_blocked(p: &P, m: &M, now: u64) -> bool {
    let progress = progress(p, m);
    if progress != p.seen.get().0 {
        p.seen.set((progress, 0));
        return false;
    }
    others_wait(p, now) && waits_in_the_system(m) == Some(true)
}

/// Whether the thread of `m` does; if the system tells.
fn waits_in_the_system(m: &M) -> Option<bool> {
    gorge_sys::threads::is_waiting(m.thread.load(Relaxed))
}

/// What a look has found.
struct Seen {
    /// Somebody was handed off who was blocked.
    blocked: bool,
    /// There was something to do.
    to_do: bool,
    /// Somebody has made no progress: the next look decides. (It may be that the system has interrupted him.)
    standstill: bool,
}

fn look(heads: &mut [u64]) -> Seen {
    LOOKS.fetch_add(1, Relaxed);
    let now = clock::now();
    let mut seen = Seen { blocked: false, to_do: false, standstill: false };
    for (p, m) in held() {
        seen.blocked |= check_worker(p, m, now);
        seen.standstill |= p.seen.get().1 != 0;
        seen.to_do |= p.timers.next_when() <= now;
    }
    let mut work = world::queued() != 0;
    for p in processor::all() {
        if p.timers.next_when() <= now {
            if p.id >= processor::in_use() {
                // Armed by a goroutine that no longer held it.
                let _ = processor::get(0).timers.absorb(&p.timers);
                processor::get(0).call_attention(attention::TIMER);
            }
            p.call_attention(attention::TIMER);
            work = true;
        }
        // A goroutine that has waited since the last look at the head of a
        // processor which made no progress: nobody was woken for it.
        let progress = p.progress();
        if p.runnable() > 1 || (p.runnable() == 1 && heads[p.id] == progress) {
            p.may_skip.store(0, Relaxed);
            work = true;
        }
        heads[p.id] = progress;
    }
    if !world::idle().read().all_busy() {
        seen.to_do = true;
        if work {
            wake_one();
        }
        if timers::earliest() < world::watch().read() {
            wake_watcher();
        }
    }
    seen.to_do |= see_to_descriptors() | seen.blocked;
    seen
}

/// The processors that are used, each with its worker.
fn held() -> impl Iterator<Item = (&'static P, &'static M)> {
    processor::all().filter_map(|p| Some((p, M::holder_of(p)?)))
}

/// What changes with every scheduling point, and with every worker.
fn progress(p: &P, m: &M) -> u64 {
    p.progress() << 14 | m.number as u64
}

/// True if its processor was taken because it was blocked.
fn check_worker(p: &'static P, m: &'static M, now: u64) -> bool {
    let (before, count) = p.seen.get();
    let progress = progress(p, m);
    if progress != before {
        p.seen.set((progress, 0));
        return false;
    }
    p.seen.set((progress, count + 1));
    if count + 1 < PATIENCE || !others_wait(p, now) {
        return false;
    }
    let blocked = waits_in_the_system(m);
    hand_off(p, m, blocked) && blocked == Some(true)
}

fn others_wait(p: &P, now: u64) -> bool {
    p.runnable() > 0
        || world::queued() != 0
        || p.timers.next_when() <= now
        || p.id >= processor::in_use()
}

/// Takes `m`'s processor away for good and gives it to another worker. False if it has just come back.
fn hand_off(p: &P, m: &'static M, blocked: Option<bool>) -> bool {
    let Some(taken) = m.lease.take(0) else { return false };
    p.seen.set((0, 0));
    let mut world = world::lock();
    // Before `keep`: from then on the worker may come and count itself back.
    world.displaced += 1;
    // SAFETY: processors are never freed.
    let p: &'static P = unsafe { taken.keep().as_ref() };
    HANDOFFS.fetch_add(1, Relaxed);
    m.handoffs.fetch_add(1, Relaxed);
    match blocked {
        // Release: pairs with the acquire in `registry::stats`, which then sees the whole counted, too.
        Some(true) => BLOCKED.fetch_add(1, Release),
        Some(false) => COMPUTED.fetch_add(1, Release),
        None => 0,
    };
    // SAFETY: kept, hence in nobody's hands but ours.
    unsafe { find_worker(world, p) }
    true
}

/// Gives back what idle processors have cached.
fn give_back() {
    let world = world::lock();
    for p in &world.idle_processors {
        // SAFETY: an idle processor belongs to who holds the scheduler's lock.
        unsafe { (*p.stacks.get()).trim() };
    }
}
