//! What follows when a member of a bubble parks or ends: who goes on, and when
//! nobody can, whether time does, or whether this is the end.

use std::panic::Location;
use std::ptr::NonNull;
use std::sync::MutexGuard;

use gorge_base::atomic::Ordering::Release;
use gorge_base::probe;

use crate::reason::WaitReason;
use crate::runtime::birth;
use crate::runtime::bubble::policy::Choice;
use crate::runtime::bubble::record::{self, End, Record, Running, State};
use crate::runtime::enter::{enter, exit};
use crate::runtime::firing::Firing;
use crate::runtime::goroutine::G;
use crate::runtime::netpoll;
use crate::runtime::ready::{Place, ready_inside};
use crate::runtime::records;
use crate::runtime::task::Task;
use crate::runtime::timers::{self, count_birth, herald};
use crate::runtime::worker::M;
use crate::runtime::world;
use crate::timer_heap::{self, Fired, NEVER, Settled};

/// So many times the clock of a bubble jumps without anybody being able to run
/// after it: then what is armed are tickers that nobody hears.
const JUMPS: u32 = 100_000;

/// After so many of these timers that fire again and again without anybody hearing them are passed over: the clock
/// jumps to the next of the others.
const IN_VAIN: u32 = 1000;

/// So many times the clock jumps after the first goroutine has ended: those who only sleep a
/// little before they end may do so. Who listens to a ticker does not get away with it.
const AFTERWARDS: u32 = 100;

/// So long (nanoseconds of real time) a member waits for a lock, which
/// somebody outside of the bubble may hold, before that counts as for ever.
const GRACE: u64 = 20_000_000;

/// So many times over, as long as others outside may come to let go of the lock: on a busy machine whoever holds it
/// may not do so in that time.
const GRACES: u32 = 500;

type Guard = MutexGuard<'static, State>;

/// The current goroutine, which has been published, is about to switch away.
///
/// # Safety
/// It is a member of a bubble and runs on `m`, inside; its wait has been noted.
#[cold]
#[inline(never)]
pub(crate) unsafe fn parks(m: &M, g: *mut G) {
    // SAFETY: the caller's promise.
    unsafe {
        let Some(bubble) = record::of(g).filter(|bubble| !bubble.only_watches()) else { return };
        let mut state = bubble.lock();
        state.busy -= 1;
        onward(m, bubble, state, false);
    }
}

/// A member has ended; or (`!ended`) it has only come to rest, and is to be run once more.
///
/// # Safety
/// The caller is `m`, inside; `seat` is its place in `bubble`.
#[cold]
#[inline(never)]
pub(crate) unsafe fn left(m: &M, bubble: &'static Record, seat: usize, ended: bool) {
    let mut state = bubble.lock();
    state.busy -= 1;
    if ended {
        state.stand_up(seat, bubble.is_serial());
    }
    if bubble.only_watches() {
        state.busy = state.live;
        if state.end.is_none() && (state.doom.is_some() || seat == 0 && ended) {
            let end = if state.live == 0 { End::Done } else { End::LeftBehind };
            let end = state.doom.take().unwrap_or(end);
            // SAFETY: the caller's promise.
            unsafe { say(m, state, end) }
        }
        return;
    }
    // SAFETY: the caller's promise.
    unsafe { onward(m, bubble, state, false) }
}

/// Somebody who ran does no more: lets somebody else, or says that this is the end.
///
/// # Safety
/// The caller is `m`, inside.
pub(crate) unsafe fn onward(m: &M, bubble: &'static Record, mut state: Guard, patient: bool) {
    let serial = bubble.is_serial();
    let mut jumps = 0;
    let mut in_vain = Vec::new();
    // SAFETY: the caller's promise, for all the calls below; who comes out of
    // the bubble's list is ours.
    unsafe {
        loop {
            let aborting = bubble.is_aborting();
            if state.end.is_some() && !aborting {
                state.running = Running::Nobody;
                return;
            }
            if let Some(end) = state.doom.take()
                && !aborting
            {
                return say(m, state, end);
            }
            if serial && !state.runnable.is_empty() {
                state.steps += 1;
                let timer = !state.root_over && !aborting && bubble.next_timer().is_some();
                if state.steps > state.limit && !aborting {
                    return say(m, state, End::TooLong);
                }
                let choice = if aborting { Choice::Other(0) } else { state.choose(None, timer) };
                match choice {
                    Choice::Time => {
                        state.running = Running::Deciding;
                        drop(state);
                        jump(m, bubble);
                        state = bubble.lock();
                        continue;
                    }
                    Choice::Other(index) => {
                        let g = state.call(index);
                        drop(state);
                        m.p().push_next(g);
                    }
                    Choice::Stay => unreachable!("nobody to stay"),
                }
                return;
            }
            if state.busy > 0 {
                if !serial {
                    state.running = Running::Nobody;
                }
                return; // others run, or (serial) are on the way
            }
            if state.live == 0 && !aborting {
                return say(m, state, End::Done);
            }
            // All wait.
            state.running = Running::Deciding;
            if let Some(policy) = &mut state.policy {
                policy.time_went_on();
            }
            if let Some(waiter) = state.waiter.take() {
                if !serial {
                    state.running = Running::Nobody;
                }
                drop(state);
                ready_inside(m, waiter.as_ptr(), Place::Next);
                if !serial {
                    return;
                }
                state = bubble.lock();
                continue;
            }
            if !aborting
                && !patient
                && let Some(look) = may_be_woken(bubble, &mut state)
            {
                state.running = Running::Nobody;
                let epoch = state.epoch;
                // Timers are armed under their lock, and who fires holds that when it comes for this one.
                drop(state);
                if look {
                    look_again(bubble, epoch, 1, m);
                }
                return;
            }
            let time = !state.root_over || aborting || {
                state.afterwards += 1;
                state.afterwards <= AFTERWARDS
            };
            let next = if jumps < IN_VAIN {
                bubble.next_timer().map(|when| (when, 0))
            } else {
                // Not under the state's lock: who fires takes that one under the timers' lock.
                drop(state);
                let next = bubble.timers.next_but(&in_vain).filter(|(when, _)| *when < NEVER - 1);
                state = bubble.lock();
                if state.busy > 0 || state.end.is_some() {
                    continue;
                }
                next
            };
            if time
                && jumps < JUMPS
                && let Some((when, node)) = next
            {
                jumps += 1;
                if node != 0 {
                    in_vain.push(node);
                }
                drop(state);
                jump_to(m, bubble, when);
                state = bubble.lock();
                continue;
            }
            if aborting {
                // Even those who wait without end are told to come back.
                if jumps < 2 * JUMPS && bubble.timers.next_when() != NEVER {
                    jumps = 2 * JUMPS;
                    drop(state);
                    fire(m, bubble, NEVER - 1);
                    state = bubble.lock();
                    continue;
                }
                state.running = Running::Nobody;
                return wake_caller(m, state);
            }
            let end = if state.root_over { End::LeftBehind } else { End::Deadlock };
            return say(m, state, end);
        }
    }
}

/// The bubble has ended like this.
///
/// # Safety
/// As for [`onward`].
pub(crate) unsafe fn say(m: &M, mut state: Guard, end: End) {
    state.running = Running::Nobody;
    state.end = Some(end);
    // SAFETY: the caller's promise.
    unsafe { wake_caller(m, state) }
}

unsafe fn wake_caller(m: &M, mut state: Guard) {
    let caller = state.caller.take();
    drop(state);
    if let Some(caller) = caller {
        // SAFETY: `onward`'s promise; the caller published itself and parks.
        unsafe { ready_inside(m, caller.as_ptr(), Place::Next) }
    }
}

/// Whether somebody from outside may wake one of those who wait: who waits for
/// the network does so for as long as it takes. A lock may be held by somebody
/// outside, but not for long: then the question is to be asked again in a
/// while (`Some(true)`: the caller is to see to that).
fn may_be_woken(bubble: &'static Record, state: &mut State) -> Option<bool> {
    let mut lock = false;
    for seat in &state.seats {
        if seat.g.is_null() {
            continue;
        }
        // SAFETY: records stay mapped.
        match unsafe { (*seat.g).wait() } {
            Some((WaitReason::Io, ..)) => return Some(false),
            Some((
                WaitReason::Mutex
                | WaitReason::RwLockRead
                | WaitReason::RwLockWrite
                | WaitReason::Once
                | WaitReason::Semacquire,
                ..,
            )) => lock = true,
            _ => {}
        }
    }
    (lock && !bubble.is_serial()).then(|| !std::mem::replace(&mut state.grace, true))
}

/// A timer of real time, for one look.
#[repr(C)] // `node` first: its address is the look's
struct Look {
    node: timer_heap::Node<Firing>,
    bubble: &'static Record,
    epoch: u64,
    /// How many looks there were since somebody did something, with this one.
    count: u32,
}

/// # Safety
/// The caller is `m`, inside, and holds no lock.
unsafe fn look_again(bubble: &'static Record, epoch: u64, count: u32, m: &M) {
    let look = Box::new(Look { node: timer_heap::Node::new(look), bubble, epoch, count });
    let node = NonNull::from(Box::leak(look)).cast();
    let when = gorge_sys::clock::now() + GRACE;
    // SAFETY: the look stays where it is until its fire function frees it; the
    // caller is `m`, inside.
    let armed = unsafe { m.p().timers.arm(node, when, || ()) };
    if armed.earlier {
        crate::runtime::wake::wake_watcher();
    }
}

unsafe fn look(fired: Fired<'_, Firing>, firing: &Firing) -> Settled {
    let node = fired.node();
    let settled = fired.done();
    // SAFETY: made by `look_again`, fired once.
    let look = unsafe { Box::from_raw(node.cast::<Look>().as_ptr()) };
    let Look { bubble, epoch, count, .. } = *look;
    let again = move || {
        let mut state = bubble.lock();
        state.grace = false;
        // The bubble may have ended, its record be pooled or in use again; or somebody is about to
        // decide the same.
        let over = state.live == 0 || state.end.is_some();
        if over || state.busy > 0 || state.running == Running::Deciding {
            return;
        }
        let patient = state.epoch == epoch;
        drop(state);
        let believed = !patient || count >= GRACES;
        let elsewhere = !believed && anybody_goes_on_elsewhere();
        // SAFETY: in a goroutine, outside scheduler code.
        unsafe {
            let m = enter();
            // (Who has been made ready, but not resumed, is among those that wait; so the queues are asked, too.)
            let on = !believed
                && (elsewhere
                    || records::anybody_runs_but(m.current())
                    || !world::lock().is_quiet_but_for(m.p()));
            let mut state = bubble.lock();
            if on && state.epoch == epoch && !std::mem::replace(&mut state.grace, true) {
                drop(state);
                look_again(bubble, epoch, count + 1, m);
            } else {
                onward(m, bubble, state, patient && !on);
            }
            exit();
        }
    };
    firing.spawn(Box::new(again), Location::caller());
    settled
}

/// Whether somebody who is no goroutine that runs may go on by himself: a plain thread, or who waits for the clock or
/// a descriptor.
fn anybody_goes_on_elsewhere() -> bool {
    let end = gorge_sys::clock::now() + GRACE * u64::from(GRACES);
    timers::earliest() < end
        || netpoll::anybody_waits()
        || gorge_sys::threads::computing().is_some_and(|threads| threads > 1)
}

/// Lets the clock of the bubble jump to its next timer, which fires.
///
/// # Safety
/// The caller is `m`, inside.
pub(crate) unsafe fn jump(m: &M, bubble: &'static Record) {
    if let Some(when) = bubble.next_timer() {
        // SAFETY: the caller's promise.
        unsafe { jump_to(m, bubble, when) }
    }
}

/// As [`jump`], to a timer that is due at `when`.
unsafe fn jump_to(m: &M, bubble: &'static Record, when: u64) {
    bubble.clock.fetch_max(when, Release);
    // SAFETY: the caller's promise.
    unsafe { fire(m, bubble, when) }
}

/// Who fires: for the two functions of a [`Firing`].
struct Here<'a> {
    m: &'a M,
    bubble: &'static Record,
}

unsafe fn fire(m: &M, bubble: &'static Record, until: u64) {
    let here = Here { m, bubble };
    let firing = Firing {
        // (At the end of all, what comes again and again has come for the last time.)
        now: bubble.now().max(until),
        worker: (&raw const here).cast(),
        ready: ready_here,
        spawn: spawn_here,
    };
    while bubble.timers.try_run_expired(until, &firing).more {}
}

unsafe fn ready_here(here: *const (), task: Task) {
    if let Some(listener) = task.as_listener() {
        // Foreign code runs neither here nor under the lock of the timers.
        // SAFETY: as below; this is the one time.
        return unsafe { spawn_here(here, Box::new(herald(listener)), Location::caller()) };
    }
    // SAFETY: `fire` put it there, inside.
    unsafe { ready_inside((*here.cast::<Here<'_>>()).m, task.as_ptr(), Place::Tail) }
}

unsafe fn spawn_here(here: *const (), f: Box<dyn FnOnce() + Send>, at: &'static Location<'static>) {
    // SAFETY: as above; the record is fresh from the processor in use.
    unsafe {
        let here = &*here.cast::<Here<'_>>();
        let p = here.m.p();
        let g = records::take(p);
        birth::fill(g, f, p.take_id(), 0, at);
        (*g).ending.begin_detached();
        probe::starts(g as usize, true, at);
        count_birth(p);
        here.bubble.adopt(g);
        if !here.bubble.is_serial() {
            p.ring.push(g);
            crate::runtime::wake::after_push(p);
        }
    }
}
