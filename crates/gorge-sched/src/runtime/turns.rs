//! Giving others a turn without waiting for anything.
//!
//! Invariant: who calls this is in a queue before it is switched away.

use std::panic::Location;

use gorge_base::atomic::{Ordering::Relaxed, Ordering::SeqCst, compiler_fence};
use gorge_base::probe::{self, Op};

use crate::runtime::enter::{enter, exit};
use crate::runtime::park::{Parking, reschedule, run_instead};
use crate::runtime::pick::pick;
use crate::runtime::processor::{self, P};
use crate::runtime::steal::take_batch;
use crate::runtime::timers;
use crate::runtime::wake;
use crate::runtime::worker::M;
use crate::runtime::world;

/// Lets the others run; the caller goes to the end of the queue.
///
/// # Blocking
/// Returns when everyone who was ready has had a turn, in the ordinary case;
/// at once when nobody is ready. On a plain thread it yields to the system.
///
/// # Examples
/// ```
/// gorge::runtime::gosched(); // on a plain thread too
/// ```
#[inline(always)]
#[track_caller]
pub fn gosched() {
    probe::point(Op::Yield, 0, Location::caller());
    if M::here().is_null() {
        return std::thread::yield_now();
    }
    // SAFETY: a goroutine outside scheduler code; it is in the queue, and
    // will be resumed from there.
    unsafe {
        let m = enter();
        let p = m.p();
        if p.is_empty() {
            if nobody_waits(m, p) {
                return exit();
            }
            take_share(p);
        }
        p.demote_next();
        p.ring.push(m.current());
        compiler_fence(SeqCst);
        wake::after_push(p);
        reschedule(m);
        exit();
    }
}

/// A processor on which only the caller is ready takes its share of the global queue: else whoever calls
/// [`gosched`] until something has happened would run sixty times for each one that waits there.
///
/// # Safety
/// The caller uses `p`, which has nobody to run.
#[cold]
unsafe fn take_share(p: &P) {
    // SAFETY: the caller's promise; who comes out of the queue is in no other.
    unsafe {
        let first = take_batch(p);
        if !first.is_null() {
            p.push_next(first);
        }
    }
}

/// A goroutine that has lost its processor, because it computed or blocked for long, goes on beside those that
/// have one until it enters scheduler code. This makes it do so: it takes its place in the queue. True if it
/// had lost its processor; it has one again when this returns.
///
/// For whoever finds that somebody else is at the same lock: so goroutines that should not run at the same time
/// do not fight for it any longer. It is no harm to call it with locks held: it is as if the loss came later.
#[inline(always)]
pub fn rejoin() -> bool {
    let m = M::here();
    // SAFETY: a non-null word is a worker, which is never freed.
    if m.is_null() || !unsafe { (*m).lease.is_displaced() } {
        return false;
    }
    Parking::recover();
    true
}

/// At a scheduling point of somebody who could as well go on: whether nobody else can, and nobody has
/// asked for anything.
///
/// # Safety
/// The caller is on `m`, inside, and uses `p`.
#[inline(always)]
unsafe fn nobody_waits(m: &M, p: &P) -> bool {
    if !p.is_empty() || world::queued() != 0 || p.attention.load(Relaxed) != 0 {
        return false;
    }
    let _ = p.tick();
    // SAFETY: the caller's promise.
    unsafe { timers::fire_due(m, p) };
    p.is_empty()
}

/// For whoever has started others and computes now: they wait where any worker finds them, and one is woken at once.
///
/// (Starting one counts on the caller to wait soon, and when that was right of late, wakes nobody: until the monitor
/// sees that it was wrong this time, half a millisecond may pass.)
pub fn hand_out() {
    if M::here().is_null() || processor::in_use() == 1 {
        return;
    }
    // SAFETY: a goroutine outside scheduler code.
    unsafe {
        let m = enter();
        let p = m.p();
        p.demote_next();
        wake::give(p, p.queued());
        exit();
    }
}

/// For whoever has to be on time, and is late: goes on at once, but for every 16th time. Then one other
/// runs, and the caller is the next after him. ([`gosched`] would put it behind all; and if nobody else ran, ever, who
/// calls this until something has happened would wait long for it.)
///
/// # Blocking
/// Not when nobody is ready. On a plain thread it yields to the system.
#[track_caller]
pub fn go_on_late() {
    probe::point(Op::Yield, 0, Location::caller());
    // SAFETY: records of workers are never freed.
    match unsafe { M::here().as_ref() } {
        None => return std::thread::yield_now(),
        Some(m) if !m.locked_by.get().is_null() => return gosched(),
        Some(_) => {}
    }
    // SAFETY: a goroutine outside scheduler code; once it is in a queue it will be
    // resumed from there.
    unsafe {
        let m = enter();
        let p = m.p();
        if p.may_go_on_late() || nobody_waits(m, p) {
            return exit();
        }
        let next = pick(m, p);
        if next.is_null() {
            p.ring.push(m.current());
            run_instead(m, m.scheduling());
        } else {
            p.push_due(m.current());
            run_instead(m, next);
        }
        exit();
    }
}

/// Lets the one run who was made ready last and is to run next, if nobody else
/// waits for this processor. True if that was so, and he has run.
///
/// For whoever is about to wait in a costly way for what may well come from
/// there.
#[inline(always)]
pub fn let_next_run() -> bool {
    if M::here().is_null() {
        return false;
    }
    // SAFETY: a goroutine outside scheduler code; it is in the queue, and
    // will be resumed from there.
    unsafe {
        let m = enter();
        let p = m.p();
        if !p.only_next() {
            exit();
            return false;
        }
        p.ring.push(m.current());
        compiler_fence(SeqCst);
        wake::after_push(p);
        reschedule(m);
        exit();
        true
    }
}
