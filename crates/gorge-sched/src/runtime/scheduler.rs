//! The scheduling context of a worker: finds a goroutine, runs it, and when
//! there is none goes idle. See the README beside this file for the protocol.

use std::hint::spin_loop;
use std::ptr::null_mut;
use std::sync::atomic::{
    AtomicU64,
    Ordering::{Acquire, Relaxed, SeqCst},
};

use gorge_coro::{self as coro, FRESH, PINNED, RUNNING};
use gorge_sys::futex;

use crate::runtime::body::Body;
use crate::runtime::clock;
use crate::runtime::goroutine::G;
use crate::runtime::poke;
use crate::runtime::pick::pick;
use crate::runtime::pinned;
use crate::runtime::processor::{self, P, attention};
use crate::timer_heap::NEVER;
use crate::runtime::timers;
use crate::runtime::wake::{ALIVE, wake_one, wake_watcher};
use crate::runtime::worker::{M, wake};
use crate::runtime::world;

/// How long (in pauses) a worker looks for work before it goes idle.
const SPIN: u32 = 400;

pub(crate) static STEALS: AtomicU64 = AtomicU64::new(0);

/// What a worker thread runs.
pub(crate) fn worker_main(m: &'static M) -> ! {
    ALIVE.fetch_add(1, SeqCst);
    // SAFETY: the record of this worker, which is never freed; once per thread.
    unsafe {
        coro::adopt_thread(&raw mut (*m.scheduling()).ctx);
        coro::set_worker(m.word());
    }
    m.idle_current();
    loop {
        // SAFETY: this is worker `m`, inside.
        unsafe {
            have_processor(m);
            let mut g = m.handed.replace(null_mut());
            if g.is_null() {
                g = find(m);
            } else {
                found(m);
            }
            execute(m, g);
        }
    }
}

/// Runs `g` until somebody comes back to the scheduling context.
unsafe fn execute(m: &'static M, g: *mut G) {
    // SAFETY: `g` came out of a queue and is ours.
    unsafe {
        let p = m.p();
        let scheduling = &raw mut (*m.scheduling()).ctx;
        match (*g).ctx.sp.load(Acquire) {
            RUNNING => {
                // Made ready before it was saved: any moment now.
                p.ring.push(g);
                spin_loop();
            }
            FRESH => match (*p.stacks.get()).get((*g).extra().map_or(0, |e| e.stack_size)) {
                Ok(stack) => {
                    m.current.set(g);
                    coro::start::<Body>(scheduling, &raw mut (*g).ctx, stack, m.word());
                }
                Err(error) => starve(g, &error),
            },
            PINNED => {
                m.lease.resign(spin_loop);
                pinned::hand_home(g, p);
                sleep_without_processor(m);
            }
            _ => {
                m.current.set(g);
                coro::switch(scheduling, &raw mut (*g).ctx, m.word());
            }
        }
    }
}

/// No stack for `g`: it waits until a goroutine ends. If none can, this is the end.
fn starve(g: *mut G, error: &coro::StackError) {
    let mut world = world::lock();
    world.starve(g);
    drop(world);
    crate::runtime::stall::starved(error);
}

/// A goroutine that was displaced came back here and queued up; its worker has
/// no processor.
unsafe fn have_processor(m: &'static M) {
    while m.lease.peek().is_null() {
        if m.lease.is_displaced() {
            sleep_without_processor(m);
        } else {
            spin_loop(); // a thief is peeking
        }
    }
}

/// `m` has work: it spins no more.
fn found(m: &M) {
    if m.spinning.replace(false) && world::idle().found() && any_work() {
        wake_one();
    }
}

fn any_work() -> bool {
    world::queued() != 0 || processor::all().any(|p| p.ring.len() > 1)
}

/// Finds a goroutine to run; waits as long as it takes.
unsafe fn find(m: &'static M) -> *mut G {
    loop {
        // SAFETY: `m` is the caller, inside.
        unsafe {
            let p = m.p();
            if p.id >= processor::in_use() {
                retire(m, p);
                continue;
            }
            timers::fire_due(m, p);
            let mut g = pick(m, p);
            if g.is_null() {
                g = take_batch(p);
            }
            if g.is_null() {
                g = steal(m, p);
            }
            if !g.is_null() {
                found(m);
                return g;
            }
            if !timers::fire_all_due(m) {
                idle(m, p);
            }
        }
    }
}

/// A fair share of the global queue; the first of it, or null.
unsafe fn take_batch(p: &P) -> *mut G {
    if world::queued() == 0 {
        return null_mut();
    }
    let mut world = world::lock();
    let n = (world.queue.len() / processor::in_use() + 1).min(128);
    let first = world.dequeue();
    for _ in 1..n {
        let g = world.dequeue();
        if g.is_null() {
            break;
        }
        // SAFETY: the caller uses `p`.
        unsafe { p.ring.push(g) };
    }
    first
}

/// Looks for work of others: asks them for half of what they have, and takes
/// it by force from those that stand still meanwhile.
unsafe fn steal(m: &'static M, p: &'static P) -> *mut G {
    if processor::in_use() == 1 {
        return null_mut();
    }
    if !m.spinning.get() {
        if !world::idle().try_spin() {
            return null_mut();
        }
        m.spinning.set(true);
    }
    let victims: Vec<(&P, u64)> = processor::all()
        .filter(|q| !std::ptr::eq(*q, p) && q.runnable() > 0)
        .map(|q| {
            if q.ring.len() >= 2 {
                q.call_attention(attention::STEAL);
            }
            (q, q.progress())
        })
        .collect();
    for _ in 0..SPIN {
        if world::queued() != 0 {
            processor::all().for_each(|q| q.may_skip.store(0, Relaxed));
            // SAFETY: the caller uses `p`.
            return unsafe { take_batch(p) };
        }
        spin_loop();
    }
    for (victim, progress) in victims {
        if victim.progress() == progress
            // SAFETY: the caller uses `p`.
            && let Some(g) = unsafe { steal_from(m, p, victim) }
        {
            victim.may_skip.store(0, Relaxed);
            return g;
        }
    }
    // A useless wake: let the next ones be rarer.
    for q in processor::all() {
        let skips = q.may_skip.load(Relaxed);
        q.may_skip.store((skips * 2 + 1).min(4096), Relaxed);
    }
    null_mut()
}

/// Takes half of the ring of a processor whose worker stands still.
unsafe fn steal_from(m: &'static M, p: &P, victim: &'static P) -> Option<*mut G> {
    let holder = {
        let world = world::lock();
        let holds = |w: &&&'static M| std::ptr::eq(w.lease.peek(), victim);
        world.workers.iter().find(holds).copied()
    }?;
    if std::ptr::eq(holder, m) {
        return None;
    }
    let taken = holder.lease.take(200, spin_loop)?;
    // Between our look and the taking the worker may have changed processors.
    // SAFETY: processors are never freed; this one is ours until given back.
    let victim = unsafe { taken.processor().as_ref() };
    // SAFETY: we use both processors.
    let first = unsafe {
        let half = victim.ring.len().div_ceil(2);
        let first = victim.steal_one();
        for _ in 1..half {
            p.ring.push(victim.ring.pop());
        }
        victim.steals.fetch_add(half.max(1) as u64, Relaxed);
        first
    };
    taken.give_back();
    STEALS.fetch_add(1, Relaxed);
    (!first.is_null()).then_some(first)
}

/// GOMAXPROCS went down: `p` is one too many.
unsafe fn retire(m: &'static M, p: &'static P) {
    m.lease.resign(spin_loop);
    let mut world = world::lock();
    // SAFETY: resigned, and in no list: `p` is ours.
    unsafe {
        while let Some(g) = Some(p.pop()).filter(|g| !g.is_null()) {
            world.enqueue(g);
        }
        (*p.stacks.get()).trim();
    }
    p.retired.set(true);
    drop(world);
    if processor::get(0).timers.absorb(&p.timers) {
        wake_watcher();
    }
    if m.spinning.replace(false) {
        // The word counts us as a spinner without a processor of its own.
        let _ = world::idle().found();
    }
    if world::queued() != 0 {
        wake_one();
    }
    sleep_without_processor(m);
}

/// Nothing to do: gives the processor up and sleeps until somebody hands one over.
unsafe fn idle(m: &'static M, p: &'static P) {
    let mut world = world::lock();
    if world.queue.len() != 0 || p.id >= processor::in_use() {
        return;
    }
    m.lease.resign(spin_loop);
    world.idle_processor(p);
    m.wake.store(wake::NOTHING, Relaxed);
    world.idle_worker(m);
    if m.spinning.replace(false) {
        world::idle().gave_up();
    } else {
        world::idle().add(1);
    }
    if world.is_quiet() {
        if clock::is_virtual() && timers::earliest() != NEVER {
            clock::jump_to(timers::earliest());
            if get_up(m, &mut world) {
                return;
            }
        }
        drop(world);
        if timers::earliest() == NEVER {
            poke::poke(); // perhaps nothing will ever run again
        }
    } else {
        drop(world);
    }
    // Somebody may have pushed while we went idle and not have seen us. (He
    // runs his own ring in any case, and the monitor looks after it.)
    for _ in 0..20 {
        spin_loop();
    }
    if any_work() && get_up(m, &mut world::lock()) {
        return;
    }
    sleep(m);
}

/// Takes a processor by itself if there is an idle one; then `m` spins.
fn get_up(m: &'static M, world: &mut world::World) -> bool {
    if world.idle_processors.is_empty() {
        return false;
    }
    let Some(next_watcher) = world.leave_idle(m) else {
        return false; // somebody is handing us one
    };
    let Some(p) = world.take_processor() else { return false };
    world::idle().remove_to_spin();
    m.spinning.set(true);
    m.processor.set(p);
    m.lease.assign(std::ptr::from_ref(p).cast_mut());
    if let Some(watcher) = next_watcher
        && timers::earliest() != NEVER
    {
        watcher.wake.store(wake::RECHECK, SeqCst);
        futex::wake_one(&raw const watcher.wake);
    }
    true
}

/// `m` holds no processor: sleeps until it gets one.
fn sleep_without_processor(m: &'static M) {
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

/// Sleeps until a processor is handed over. The first in the list of idle
/// workers watches the clock meanwhile.
fn sleep(m: &'static M) {
    loop {
        let mut deadline = None;
        if !clock::is_virtual() {
            let first = world::lock().idle_workers.front().copied();
            if first.is_some_and(|w| std::ptr::eq(w, m)) {
                let earliest = timers::earliest();
                world::watch_until(earliest);
                if timers::earliest() < earliest {
                    continue; // an earlier one was armed and may not have seen us
                }
                deadline = (earliest != NEVER).then_some(earliest);
            } else if timers::earliest() < world::watched() {
                wake_watcher();
            }
        }
        if m.wake.load(Acquire) == wake::NOTHING {
            futex::wait(&m.wake, wake::NOTHING, deadline);
        }
        match m.wake.load(Acquire) {
            wake::RUN => return,
            wake::RECHECK => {
                let _ = m.wake.compare_exchange(wake::RECHECK, wake::NOTHING, SeqCst, SeqCst);
            }
            _ if deadline.is_some_and(|d| d <= clock::now()) => {
                if get_up(m, &mut world::lock()) {
                    return;
                }
                wait_while_all_are_busy(m);
            }
            _ => {}
        }
    }
}

/// A timer is due but no processor is idle: the monitor tells the busy ones.
/// Whoever finds one idle and the timer still there wakes us.
fn wait_while_all_are_busy(m: &'static M) {
    world::watch_until(NEVER);
    if world::idle().read_ordered().all_busy() && m.wake.load(Acquire) == wake::NOTHING {
        futex::wait(&m.wake, wake::NOTHING, None);
    }
}
