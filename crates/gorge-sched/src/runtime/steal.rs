//! Work from elsewhere: the global queue, and the rings of other processors.
//!
//! Stealing is by request: the thief sets a bit at its victim, which gives half
//! of its ring to the global queue at its next scheduling point. Only a victim
//! that makes no progress while the thief waits is stolen from by force, through
//! its lease.

use std::hint::spin_loop;
use std::ptr::null_mut;

use gorge_base::atomic::Ordering::Relaxed;

use crate::runtime::goroutine::G;
use crate::runtime::processor::{self, P, attention};
use crate::runtime::worker::M;
use crate::runtime::world;

/// How long (in pauses) a worker looks for work before it goes idle.
const SPIN: u32 = 400;
/// The most that one worker takes from the global queue at once.
const BATCH: usize = 128;
/// How often a thief looks whether its victim has left scheduler code, with
/// pauses that double.
const PATIENCE: u32 = 8;

/// A fair share of the global queue; the first of it, or null.
///
/// # Safety
/// The caller uses `p`.
pub(crate) unsafe fn take_batch(p: &P) -> *mut G {
    if world::queued() == 0 {
        return null_mut();
    }
    let mut world = world::lock();
    let n = (world.queue.len() / processor::in_use() + 1).min(BATCH);
    let first = world.dequeue();
    for _ in 1..n {
        let g = world.dequeue();
        if g.is_null() {
            break;
        }
        // SAFETY: the caller's promise.
        unsafe { p.ring.push(g) };
    }
    first
}

/// Looks for work of others: asks them for half of what they have, and takes
/// it by force from those that stand still meanwhile.
///
/// # Safety
/// The caller is the scheduling context of `m`, inside, and uses `p`.
pub(crate) unsafe fn steal(m: &'static M, p: &'static P) -> *mut G {
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
            if q.queued() >= 2 {
                q.call_attention(attention::STEAL);
            }
            (q, q.progress())
        })
        .collect();
    for _ in 0..SPIN {
        if world::queued() != 0 {
            processor::all().for_each(|q| q.may_skip.store(0, Relaxed));
            // SAFETY: the caller's promise.
            return unsafe { take_batch(p) };
        }
        spin_loop();
    }
    for (victim, progress) in victims {
        if victim.progress() == progress
            // SAFETY: the caller's promise.
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
    let holder = M::holder_of(victim)?;
    if std::ptr::eq(holder, m) {
        return None;
    }
    let taken = holder.lease.take(PATIENCE)?;
    // Between our look and the taking the worker may have changed processors.
    // SAFETY: processors are never freed; this one is ours until given back.
    let victim = unsafe { taken.processor().as_ref() };
    // SAFETY: we use both processors.
    let first = unsafe {
        let half = victim.queued().div_ceil(2);
        let first = victim.steal_one();
        for _ in 1..half {
            p.ring.push(victim.steal_one());
        }
        victim.steals.fetch_add(half.max(1) as u64, Relaxed);
        first
    };
    // What the request was for has been done.
    victim.attention.fetch_and(!attention::STEAL, Relaxed);
    taken.give_back();
    (!first.is_null()).then_some(first)
}
