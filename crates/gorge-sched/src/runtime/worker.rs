//! A worker (M): an OS thread that runs goroutines while it holds a processor.
//!
//! Records of workers are never freed; a worker whose thread has ended is not
//! in any list and holds nothing.

use std::cell::{Cell, UnsafeCell};
use std::ptr::{null, null_mut};

use gorge_base::Rng;
use gorge_base::atomic::{
    AtomicPtr, AtomicU32, AtomicU64, AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};
use gorge_sys::futex;

use crate::bias::{self, Owner};
use crate::lease::Lease;
use crate::runtime::goroutine::{G, Kind};
use crate::runtime::polled;
use crate::runtime::processor::P;

/// What a sleeping worker finds in its [`M::wake`] word.
pub(crate) mod wake {
    /// Sleep on.
    pub(crate) const NOTHING: u32 = 0;
    /// You hold a processor: run.
    pub(crate) const RUN: u32 = 1;
    /// Something to watch has changed: the earliest timer, or there is a poller now.
    pub(crate) const RECHECK: u32 = 2;
    /// It sleeps in the poller, not on the word: who changes the word must interrupt that.
    pub(crate) const POLLS: u32 = 3;
}

#[repr(C, align(128))]
pub(crate) struct M {
    pub(crate) lease: Lease<P>,
    /// Who runs on this thread; the scheduling context when nobody does.
    current: AtomicPtr<G>,
    /// The processor last held: valid while inside.
    pub(crate) processor: Cell<*const P>,
    rng: UnsafeCell<Rng>,
    owner: Owner,

    pub(crate) number: usize,
    pub(crate) spinning: Cell<bool>,
    /// Its thread is about to end: it is in no list, and holds nothing.
    pub(crate) leaving: Cell<bool>,
    /// How often in a row it has looked for work in vain.
    pub(crate) vain: Cell<u32>,
    /// The goroutine that has locked this thread, if any (`lock_os_thread`).
    pub(crate) locked_by: Cell<*mut G>,
    /// What the scheduling context shall do with the goroutine that has just
    /// switched to it.
    pub(crate) handed: Cell<*mut G>,
    /// How many goroutines in a row it found that were not saved yet.
    pub(crate) unsaved: Cell<u32>,
    pub(crate) wake: AtomicU32,
    pub(crate) handoffs: AtomicU64,
    /// What the system calls the thread that its goroutines run on (`gorge_sys::threads`); 0 where each has its own.
    pub(crate) thread: AtomicU32,
    /// An address on that thread's own stack; 0 before it has begun.
    pub(crate) stack: AtomicUsize,
    /// The scheduling context: runs on the thread's own stack.
    pub(crate) scheduling: G,
}

// SAFETY: the cells are used by the worker itself; `processor`, `spinning` and `locked_by` also by who wakes it, while
// it sleeps and under the scheduler's lock.
unsafe impl Sync for M {}
// SAFETY: as above.
unsafe impl Send for M {}

impl M {
    /// A worker that holds no processor, and whose thread is still to be started.
    pub(crate) fn new(number: usize) -> M {
        M {
            lease: Lease::new(null_mut()),
            current: AtomicPtr::new(null_mut()),
            processor: Cell::new(null()),
            rng: UnsafeCell::new(Rng::new(gorge_sys::clock::now() ^ ((number as u64) << 48))),
            owner: Owner::new(),
            number,
            spinning: Cell::new(false),
            leaving: Cell::new(false),
            vain: Cell::new(0),
            locked_by: Cell::new(null_mut()),
            handed: Cell::new(null_mut()),
            unsaved: Cell::new(0),
            wake: AtomicU32::new(wake::NOTHING),
            handoffs: AtomicU64::new(0),
            thread: AtomicU32::new(0),
            stack: AtomicUsize::new(0),
            scheduling: G::new(Kind::Worker),
        }
    }

    /// Holds `p` from now on. Called by the worker itself while it holds
    /// nothing, or by who wakes it; it counts as spinning, or not.
    pub(crate) fn give(&self, p: &'static P, spinning: bool) {
        self.spinning.set(spinning);
        self.processor.set(p);
        p.holder.store(self.word(), Release);
        self.lease.assign(std::ptr::from_ref(p).cast_mut());
    }

    /// The worker that holds `p`, as far as can be told from outside; none if it is in other hands.
    pub(crate) fn holder_of(p: &P) -> Option<&'static M> {
        // SAFETY: only `give` stores there, and records of workers are never freed.
        let m = unsafe { p.holder.load(Acquire).cast::<M>().as_ref() }?;
        std::ptr::eq(m.lease.peek(), p).then_some(m)
    }

    /// Tells a worker that sleeps: `what` is one of [`wake`]. May be called when
    /// the worker does not sleep any more.
    pub(crate) fn tell(&self, what: u32) {
        if let Some(word) = self.leave_word(what) {
            futex::wake_one(word);
        }
    }

    /// As [`tell`](M::tell), but gives back the word to be woken, if that is still to be done.
    #[must_use = "somebody sleeps on this word"]
    pub(crate) fn leave_word(&self, what: u32) -> Option<*const AtomicU32> {
        // Release: what was done before is seen by the worker (acquire in `sleep`).
        // The exchange decides between this and the worker going into the poller.
        if self.wake.swap(what, AcqRel) == wake::POLLS {
            polled::interrupt();
            return None;
        }
        Some(&raw const self.wake)
    }

    /// The worker this goroutine runs on, if it is one (null on a plain thread).
    #[inline(always)]
    pub(crate) fn here() -> *const M {
        gorge_coro::worker().cast_const().cast()
    }

    /// The address under which the context layer carries it.
    #[inline(always)]
    pub(crate) fn word(&self) -> *mut () {
        std::ptr::from_ref(self).cast_mut().cast()
    }

    /// The record of the scheduling context.
    #[inline(always)]
    pub(crate) fn scheduling(&self) -> *mut G {
        std::ptr::from_ref(&self.scheduling).cast_mut()
    }

    /// The processor in use.
    ///
    /// # Safety
    /// The caller is this worker, inside scheduler code.
    #[inline(always)]
    pub(crate) unsafe fn p(&self) -> &'static P {
        // SAFETY: processors are never freed; inside, the cell names ours.
        unsafe { &*self.processor.get() }
    }

    /// A random number.
    ///
    /// # Safety
    /// The caller runs on this worker.
    #[inline(always)]
    pub(crate) unsafe fn random(&self) -> u32 {
        // SAFETY: one goroutine at a time runs on a worker, and the borrow
        // ends before it can switch away.
        unsafe { (*self.rng.get()).next_u32() }
    }

    /// Who runs on this thread; the scheduling context when nobody does.
    #[inline(always)]
    pub(crate) fn current(&self) -> *mut G {
        self.current.load(Relaxed)
    }

    /// `g` is about to run on this thread.
    #[inline(always)]
    pub(crate) fn set_current(&self, g: *mut G) {
        self.current.store(g, Relaxed);
    }

    /// Counts as running nobody.
    pub(crate) fn idle_current(&self) {
        self.set_current(self.scheduling());
    }
}

/// For locks that are biased towards workers.
#[derive(Debug)]
pub struct Workers;

impl bias::Here for Workers {
    #[inline(always)]
    fn here() -> Option<&'static Owner> {
        // SAFETY: records of workers are never freed.
        unsafe { M::here().as_ref() }.map(|m| &m.owner)
    }
}

impl std::fmt::Debug for M {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("M").field("number", &self.number).finish_non_exhaustive()
    }
}
