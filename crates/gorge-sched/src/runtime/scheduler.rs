//! The scheduling context of a worker: finds a goroutine, runs it, and when
//! there is none goes idle. See the README beside this file for the protocol.

use std::hint::spin_loop;
use std::ptr::null_mut;

use gorge_base::Backoff;
use gorge_base::atomic::Ordering::{Acquire, Relaxed, SeqCst};
use gorge_coro::{self as coro, FRESH, PINNED, RUNNING};

use crate::runtime::body::Body;
use crate::runtime::goroutine::G;
use crate::runtime::idling::{self, found, idle, retire, sleep_without_processor};
use crate::runtime::netpoll;
use crate::runtime::pick::pick;
use crate::runtime::pinned;
use crate::runtime::processor;
use crate::runtime::stall;
use crate::runtime::steal::{steal, take_batch};
use crate::runtime::timers;
use crate::runtime::wake::ALIVE;
use crate::runtime::worker::M;
use crate::runtime::world;

/// So many goroutines in a row that were not saved yet: whoever is to save them
/// must have lost its OS processor.
const UNSAVED: u32 = 100;

/// So many times in a row timers or descriptors may bring nothing to run; then the processor is let go of, if
/// only for a moment. A ticker can be due whenever it is looked at, and who stops the world waits meanwhile.
const IN_VAIN: u32 = 16;

/// What a worker thread runs.
pub(crate) fn worker_main(m: &'static M) {
    ALIVE.fetch_add(1, SeqCst);
    if coro::mode() == coro::Mode::Fiber {
        m.thread.store(gorge_sys::threads::own_id(), Relaxed);
        m.stack.store(&raw const m as usize, Relaxed);
    }
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
            if !g.is_null() {
                found(m);
            } else {
                g = find(m);
                if g.is_null() {
                    break;
                }
            }
            execute(m, g);
        }
    }
    // SAFETY: adopted above; it holds no processor and is in no list, so nobody switches to it.
    unsafe { coro::part_thread() };
    m.thread.store(0, Relaxed);
    m.stack.store(0, Relaxed);
    ALIVE.fetch_sub(1, SeqCst);
    idling::left(m);
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
                let unsaved = m.unsaved.get() + 1;
                m.unsaved.set(unsaved % UNSAVED);
                if unsaved == UNSAVED { std::thread::yield_now() } else { spin_loop() }
            }
            FRESH => match (*p.stacks.get()).get((*g).extra().map_or(0, |e| e.stack_size)) {
                Ok(stack) => {
                    m.set_current(g);
                    coro::start::<Body>(scheduling, &raw mut (*g).ctx, stack, m.word());
                }
                Err(error) => starve(g, &error),
            },
            PINNED => {
                m.lease.resign();
                pinned::hand_home(g, p);
                sleep_without_processor(m);
            }
            _ => {
                m.unsaved.set(0);
                m.set_current(g);
                coro::switch(scheduling, &raw mut (*g).ctx, m.word());
            }
        }
    }
}

/// No stack for `g`: it waits until a goroutine ends. If none can, this is the end.
fn starve(g: *mut G, error: &coro::StackError) {
    stall::starved(error);
    world::lock().starve(g);
}

/// A goroutine that was displaced came back here and queued up; its worker has
/// no processor.
unsafe fn have_processor(m: &'static M) {
    let mut backoff = Backoff::new();
    while m.lease.peek().is_null() && !m.leaving.get() {
        if m.lease.is_displaced() {
            sleep_without_processor(m);
        } else {
            backoff.wait(); // a thief is peeking
        }
    }
}

/// Finds a goroutine to run; waits as long as it takes. Null if `m` is leaving.
unsafe fn find(m: &'static M) -> *mut G {
    let mut in_vain = 0;
    while !m.leaving.get() {
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
                let came = netpoll::look(m) | timers::fire_all_due(m);
                if came && in_vain < IN_VAIN {
                    in_vain += 1;
                    continue;
                }
                g = steal(m, p);
            }
            if !g.is_null() {
                found(m);
                return g;
            }
            in_vain = 0;
            idle(m, p);
        }
    }
    null_mut()
}
