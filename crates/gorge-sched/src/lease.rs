//! The lease: who holds a processor, decided without a locked instruction on
//! the holder's side.
//!
//! A worker *holds* a processor through its lease. It *uses* what the
//! processor owns (run queue, caches) only while it is inside scheduler code:
//! between [`Lease::try_enter`] and [`Lease::exit`], both plain stores. Another
//! thread takes the processor away with [`Lease::take`].
//!
//! Invariant: at any time at most one of the following uses the processor: the
//! holder (`inside == 1` and it read `holds` non-null after setting it), or
//! one taker (between a successful `take` and `give_back`/`keep`).
//!
//! Proof sketch. Holder: H1 `inside = 1`; light fence; H2 read `holds`.
//! Taker (serialised by `lock`): T1 `holds = null`; heavy fence; T2 read
//! `inside`. The two fences together make (H1, H2) and (T1, T2) a store
//! buffering test with full barriers: it is impossible that H2 reads the old
//! `holds` *and* T2 reads the old `inside`. If H2 reads null the holder uses
//! nothing and waits on the slow path. If T2 reads 1 the taker puts `holds`
//! back and has used nothing.
//! What the holder wrote before `exit` (release) is seen by a taker whose T2
//! (acquire) read 0; what the taker wrote before `give_back` (release) is seen
//! by the holder whose H2 (acquire) reads the pointer again.

use std::ptr::{NonNull, null_mut};

use gorge_base::Backoff;
use gorge_base::sync::atomic::{
    AtomicBool, AtomicPtr, AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};
use gorge_sys::fence;

/// One worker's claim to a processor of type `P`.
#[derive(Debug)]
pub(crate) struct Lease<P> {
    inside: AtomicU32,
    holds: AtomicPtr<P>,
    /// 1 while a taker is at work (or the holder hands the processor back).
    lock: AtomicU32,
    /// The processor was taken for good while the worker was outside.
    displaced: AtomicBool,
}

/// A processor in the hands of a taker; must be given back or kept.
#[must_use]
pub(crate) struct Taken<'a, P> {
    lease: &'a Lease<P>,
    processor: NonNull<P>,
}

/// A processor that its holder can enter no more, and may be using still.
#[must_use]
pub(crate) struct Claim<'a, P> {
    lease: &'a Lease<P>,
    processor: NonNull<P>,
}

impl<P> Lease<P> {
    /// A lease of a worker that is inside, holding `processor` (nothing, when null).
    pub(crate) fn new(processor: *mut P) -> Self {
        Lease {
            inside: AtomicU32::new(1),
            holds: AtomicPtr::new(processor),
            lock: AtomicU32::new(0),
            displaced: AtomicBool::new(false),
        }
    }

    /// Enters scheduler code. `false`: the processor is not ours right now.
    #[inline(always)]
    pub(crate) fn try_enter(&self) -> bool {
        self.inside.store(1, Relaxed);
        fence::light(); // pairs with the heavy fence in `take`
        !self.holds.load(Acquire).is_null()
    }

    /// Leaves scheduler code.
    #[inline(always)]
    pub(crate) fn exit(&self) {
        self.inside.store(0, Release); // pairs with the acquire load in `take`
    }

    /// Whether the worker is inside scheduler code (exact for itself).
    pub(crate) fn is_inside(&self) -> bool {
        self.inside.load(Relaxed) == 1
    }

    /// The processor held at this moment, as a hint for other threads.
    #[inline(always)]
    pub(crate) fn peek(&self) -> *mut P {
        self.holds.load(Acquire)
    }

    /// Waits, outside, until no taker is at work. (One that waits for the heavy
    /// fence may take milliseconds: the OS thread is let go.)
    pub(crate) fn wait_for_taker(&self) {
        self.exit();
        let mut backoff = Backoff::new();
        while self.taker_at_work() {
            backoff.wait();
        }
    }

    fn try_lock(&self) -> bool {
        self.lock.compare_exchange(0, 1, Acquire, Relaxed).is_ok()
    }

    fn taker_at_work(&self) -> bool {
        if cfg!(loom) {
            // To loom a plain load may be stale for ever, an exchange may not.
            return self.lock.compare_exchange(0, 0, Acquire, Acquire).is_err();
        }
        self.lock.load(Acquire) != 0
    }

    /// Whether the processor was taken for good.
    pub(crate) fn is_displaced(&self) -> bool {
        self.displaced.load(Acquire) && !self.taker_at_work()
    }

    /// Holds `processor` from now on. Only by the worker itself, inside, or
    /// for a worker that sleeps without a processor.
    pub(crate) fn assign(&self, processor: *mut P) {
        self.displaced.store(false, Relaxed);
        self.holds.store(processor, Release);
    }

    /// Gives the processor up: by its holder, inside. A taker at work would
    /// put it back, so it is waited for; not to be called under a lock that
    /// others are in a hurry for.
    pub(crate) fn resign(&self) {
        let mut backoff = Backoff::new();
        while !self.try_lock() {
            backoff.wait();
        }
        self.holds.store(null_mut(), Relaxed);
        self.lock.store(0, Release);
    }

    /// Gives the processor up for good while the worker goes on without: by its
    /// holder, inside, as if it had been taken away.
    #[cfg_attr(loom, allow(dead_code))]
    pub(crate) fn surrender(&self) {
        let mut backoff = Backoff::new();
        while !self.try_lock() {
            backoff.wait();
        }
        self.holds.store(null_mut(), Relaxed);
        // Relaxed: read by this worker only.
        self.displaced.store(true, Relaxed);
        self.lock.store(0, Release);
    }

    /// Takes the processor away from outside, unless its holder is inside (it
    /// is looked at `patience` times more) or another taker is at work.
    pub(crate) fn take(&self, patience: u32) -> Option<Taken<'_, P>> {
        let claim = self.claim()?;
        fence::heavy(); // pairs with the light fence in `try_enter`
        claim.settle(patience)
    }

    /// The first half of [`take`](Self::take): the holder can enter no more. A
    /// heavy fence must follow, then [`Claim::settle`]. So several leases share
    /// one fence.
    pub(crate) fn claim(&self) -> Option<Claim<'_, P>> {
        if !self.try_lock() {
            return None;
        }
        let Some(processor) = NonNull::new(self.holds.load(Relaxed)) else {
            self.lock.store(0, Release);
            return None;
        };
        self.holds.store(null_mut(), Relaxed);
        Some(Claim { lease: self, processor })
    }
}

impl<'a, P> Claim<'a, P> {
    /// The second half: the processor, if its holder is outside; else it is put back.
    pub(crate) fn settle(self, patience: u32) -> Option<Taken<'a, P>> {
        let Claim { lease, processor } = self;
        let mut backoff = Backoff::new();
        for look in 0..=patience {
            if lease.inside.load(Acquire) == 0 {
                return Some(Taken { lease, processor });
            }
            if look != patience {
                backoff.wait();
            }
        }
        lease.holds.store(processor.as_ptr(), Release);
        lease.lock.store(0, Release);
        None
    }
}

impl<P> Taken<'_, P> {
    /// The processor, the taker's alone until this is spent.
    pub(crate) fn processor(&self) -> NonNull<P> {
        self.processor
    }

    /// Gives it back to its holder.
    pub(crate) fn give_back(self) {
        self.lease.holds.store(self.processor.as_ptr(), Release);
        self.lease.lock.store(0, Release);
    }

    /// Keeps it: the former holder is displaced, and will notice when it next
    /// enters.
    pub(crate) fn keep(self) -> NonNull<P> {
        self.lease.displaced.store(true, Release);
        self.lease.lock.store(0, Release);
        self.processor
    }
}

#[cfg(all(test, loom))]
mod tests {
    use super::*;
    use loom::cell::UnsafeCell;
    use loom::sync::Arc;

    struct Shared {
        lease: Lease<UnsafeCell<u32>>,
        processor: UnsafeCell<u32>,
    }
    // SAFETY: the lease decides who may touch the cell; loom checks it.
    unsafe impl Sync for Shared {}

    fn shared() -> Arc<Shared> {
        let s = Arc::new(Shared { lease: Lease::new(null_mut()), processor: UnsafeCell::new(0) });
        let p = std::ptr::from_ref(&s.processor).cast_mut();
        s.lease.assign(p);
        s.lease.exit();
        s
    }

    fn enter(s: &Shared) -> bool {
        while !s.lease.try_enter() {
            s.lease.wait_for_taker();
            if s.lease.is_displaced() {
                return false;
            }
        }
        true
    }

    #[test]
    fn holder_and_thief_never_meet() {
        loom::model(|| {
            let s = shared();
            let t = {
                let s = s.clone();
                loom::thread::spawn(move || {
                    if let Some(taken) = s.lease.take(0) {
                        s.processor.with_mut(|p| unsafe { *p += 1 });
                        taken.give_back();
                    }
                })
            };
            for _ in 0..2 {
                assert!(enter(&s));
                s.processor.with_mut(|p| unsafe { *p += 1 });
                s.lease.exit();
            }
            t.join().unwrap();
            assert!(s.processor.with(|p| unsafe { *p }) >= 2);
        });
    }

    #[test]
    fn displaced_holder_notices() {
        loom::model(|| {
            let s = shared();
            let t = {
                let s = s.clone();
                loom::thread::spawn(move || match s.lease.take(0) {
                    Some(taken) => {
                        taken.keep();
                        s.processor.with_mut(|p| unsafe { *p += 1 });
                        true
                    }
                    None => false,
                })
            };
            let mut mine = 0;
            if enter(&s) {
                s.processor.with_mut(|p| unsafe { *p += 1 });
                mine += 1;
                s.lease.exit();
            }
            let kept = t.join().unwrap();
            assert!(kept || mine == 1);
            if kept {
                assert!(!s.lease.try_enter());
                assert!(s.lease.is_displaced());
            }
        });
    }

    #[test]
    fn resigning_waits_for_a_taker() {
        loom::model(|| {
            let s = shared();
            let taker = {
                let s = s.clone();
                loom::thread::spawn(move || {
                    if let Some(taken) = s.lease.take(0) {
                        s.processor.with_mut(|p| unsafe { *p += 1 });
                        taken.give_back();
                    }
                })
            };
            assert!(enter(&s));
            s.lease.resign();
            assert!(!s.lease.try_enter());
            taker.join().unwrap();
            assert!(s.lease.peek().is_null());
        });
    }

    #[test]
    fn takers_exclude_each_other() {
        loom::model(|| {
            let s = shared();
            let take = |s: &Shared| {
                if let Some(taken) = s.lease.take(0) {
                    s.processor.with_mut(|p| unsafe { *p += 1 });
                    taken.give_back();
                }
            };
            let taker = {
                let s = s.clone();
                loom::thread::spawn(move || take(&s))
            };
            take(&s);
            taker.join().unwrap();
            assert!(s.processor.with(|p| unsafe { *p }) >= 1);
            assert!(enter(&s));
        });
    }
}
