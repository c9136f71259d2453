//! What all workers share: the idle lists, the global queue, the counters.
//!
//! Everything in [`World`] is under one lock, which nobody holds for long and
//! nobody holds while switching. The words outside it are read on fast
//! paths:
//!
//! - [`queued`]: length of the global queue;
//! - [`idle`]: idle processors and spinning workers (see `idle`);
//! - [`watch`]: until when somebody watches the clock (see `watch`);
//! - [`starved`]: whether goroutines wait for a stack.

use std::collections::VecDeque;
use std::ptr::null_mut;
use std::sync::{Mutex, MutexGuard, PoisonError};

use gorge_base::CachePadded;
use gorge_base::atomic::{
    AtomicBool, AtomicU64, AtomicUsize,
    Ordering::{Relaxed, Release},
};

use crate::idle::Idle;
use crate::runtime::goroutine::G;
use crate::runtime::poke;
use crate::runtime::polled;
use crate::runtime::processor::P;
use crate::runtime::worker::M;
use crate::watch::Watch;

/// Goroutines linked through their records, first in, first out.
#[derive(Debug)]
pub(crate) struct Queue {
    head: *mut G,
    tail: *mut G,
    len: usize,
}

impl Queue {
    const fn new() -> Queue {
        Queue { head: null_mut(), tail: null_mut(), len: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Appends a goroutine that is in no queue.
    pub(crate) fn push(&mut self, g: *mut G) {
        // SAFETY: records stay mapped; a queued one belongs to the queue.
        unsafe {
            (*g).link.set(null_mut());
            if self.tail.is_null() { self.head = g } else { (*self.tail).link.set(g) }
        }
        self.tail = g;
        self.len += 1;
    }

    /// All of them, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = *mut G> {
        // SAFETY: as in `push`.
        let following = |g: &*mut G| Some(unsafe { (**g).link.get() }).filter(|g| !g.is_null());
        std::iter::successors(Some(self.head).filter(|g| !g.is_null()), following)
    }

    pub(crate) fn pop(&mut self) -> *mut G {
        let g = self.head;
        if !g.is_null() {
            // SAFETY: as in `push`.
            self.head = unsafe { (*g).link.get() };
            if self.head.is_null() {
                self.tail = null_mut();
            }
            self.len -= 1;
        }
        g
    }
}

/// See the module's head.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) queue: Queue,
    /// New goroutines that found no stack.
    pub(crate) starving: Queue,
    /// Without a worker, and empty. As many as the idle word says.
    pub(crate) idle_processors: Vec<&'static P>,
    /// Processors that are not retired: idle, in somebody's hands, or on the
    /// way from one to the other.
    pub(crate) active: usize,
    /// Workers asleep without a processor. The one that watches the clock and
    /// the descriptors, if any, is first.
    pub(crate) idle_workers: VecDeque<&'static M>,
    pub(crate) workers: Vec<&'static M>,
    /// Records of workers for which the system gave no thread.
    pub(crate) unborn: Vec<&'static M>,
    /// Workers whose processor was taken while their goroutine goes on.
    pub(crate) displaced: usize,
    /// Goes up whenever an idle processor gets work: two equal readings mean
    /// that nothing ran in between.
    pub(crate) epoch: u64,
    pub(crate) free: *mut G,
    pub(crate) free_len: usize,
}

// SAFETY: the pointers are to records that are never unmapped, and are used
// under the lock.
unsafe impl Send for World {}

static WORLD: Mutex<World> = Mutex::new(World {
    queue: Queue::new(),
    starving: Queue::new(),
    idle_processors: Vec::new(),
    active: 0,
    idle_workers: VecDeque::new(),
    workers: Vec::new(),
    unborn: Vec::new(),
    displaced: 0,
    epoch: 0,
    free: null_mut(),
    free_len: 0,
});

static QUEUED: CachePadded<AtomicUsize> = CachePadded::new(AtomicUsize::new(0));
static IDLE: CachePadded<Idle> = CachePadded::new(Idle::new());
static STARVED: AtomicBool = AtomicBool::new(false);
static WATCH: CachePadded<Watch> = CachePadded::new(Watch::new());
static COARSE_MS: CachePadded<AtomicU64> = CachePadded::new(AtomicU64::new(0));

/// The shared state, locked.
pub(crate) fn lock() -> MutexGuard<'static, World> {
    WORLD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Length of the global queue.
#[inline(always)]
pub(crate) fn queued() -> usize {
    QUEUED.load(Relaxed)
}

/// The word that says who is idle.
#[inline(always)]
pub(crate) fn idle() -> &'static Idle {
    &IDLE
}

/// Whether goroutines wait for a stack.
#[inline(always)]
pub(crate) fn starved() -> bool {
    STARVED.load(Relaxed)
}

/// The word that says until when somebody watches the clock.
#[inline(always)]
pub(crate) fn watch() -> &'static Watch {
    &WATCH
}

/// Milliseconds since the runtime began, as of the monitor's last look.
#[inline(always)]
pub(crate) fn coarse_ms() -> u64 {
    COARSE_MS.load(Relaxed)
}

pub(crate) fn set_coarse_ms(ms: u64) {
    COARSE_MS.store(ms, Relaxed);
}

impl World {
    /// Appends to the global queue.
    pub(crate) fn enqueue(&mut self, g: *mut G) {
        self.queue.push(g);
        QUEUED.store(self.queue.len(), Release);
    }

    /// Takes from the global queue.
    pub(crate) fn dequeue(&mut self) -> *mut G {
        let g = self.queue.pop();
        QUEUED.store(self.queue.len(), Release);
        g
    }

    /// Puts a goroutine aside until a stack comes free.
    pub(crate) fn starve(&mut self, g: *mut G) {
        self.starving.push(g);
        STARVED.store(true, Release);
    }

    /// A goroutine that waits for a stack, or null.
    pub(crate) fn feed(&mut self) -> *mut G {
        let g = self.starving.pop();
        if self.starving.len() == 0 {
            STARVED.store(false, Release);
        }
        g
    }

    /// Everything runnable of `p` goes to the global queue.
    ///
    /// # Safety
    /// The caller uses `p`.
    pub(crate) unsafe fn unload(&mut self, p: &P) {
        loop {
            // SAFETY: the caller's promise.
            let g = unsafe { p.steal_one() };
            if g.is_null() {
                return;
            }
            self.enqueue(g);
        }
    }

    /// A retired processor is in use from now on, to begin with as an idle one.
    pub(crate) fn employ(&mut self, p: &'static P) {
        debug_assert!(p.retired.get());
        p.retired.set(false);
        self.active += 1;
        self.idle_processor(p, false);
    }

    /// `p`, which is empty and in nobody's hands, is out of use from now on.
    pub(crate) fn retire(&mut self, p: &'static P) {
        debug_assert!(!p.retired.get() && p.is_empty());
        p.retired.set(true);
        self.active -= 1;
    }

    /// Puts a processor on the idle list; `spun` if its worker counted as one
    /// that spins, and does no more.
    pub(crate) fn idle_processor(&mut self, p: &'static P, spun: bool) {
        debug_assert!(p.is_empty(), "what is in an idle processor nobody runs");
        self.idle_processors.push(p);
        if spun {
            IDLE.gave_up()
        } else {
            IDLE.add(1)
        }
        self.check_idle();
    }

    /// Takes an idle processor: it is about to get work. Its new worker counts
    /// as one that spins, or not.
    pub(crate) fn take_processor(&mut self, spins: bool) -> Option<&'static P> {
        let p = self.idle_processors.pop()?;
        if spins {
            IDLE.remove_to_spin()
        } else {
            IDLE.remove()
        }
        self.check_idle();
        self.epoch += 1;
        poke::work_appears();
        Some(p)
    }

    /// Takes idle processors with these numbers out of use.
    pub(crate) fn retire_idle(&mut self, too_many: impl Fn(usize) -> bool) {
        for i in (0..self.idle_processors.len()).rev() {
            let p = self.idle_processors[i];
            if too_many(p.id) {
                self.idle_processors.swap_remove(i);
                IDLE.remove();
                self.retire(p);
            }
        }
        self.check_idle();
    }

    /// The idle word and the list say the same: both change under the lock only.
    fn check_idle(&self) {
        debug_assert_eq!(IDLE.read_ordered().idle_processors(), self.idle_processors.len());
        debug_assert!(self.idle_processors.len() <= self.active);
    }

    /// Takes an idle worker, the watcher of the clock last.
    pub(crate) fn take_worker(&mut self) -> Option<&'static M> {
        let m = self.idle_workers.pop_back()?;
        if self.idle_workers.is_empty() {
            WATCH.nobody();
            polled::set_watched(false);
        }
        Some(m)
    }

    /// Puts a worker without a processor on the idle list: first, if somebody
    /// ought to wait in the poller and nobody does. (Whoever is first now would
    /// have to be woken for it.)
    pub(crate) fn idle_worker(&mut self, m: &'static M) {
        if self.idle_workers.is_empty() || (polled::is_on() && !polled::is_watched()) {
            WATCH.somebody();
            self.idle_workers.push_front(m);
        } else {
            self.idle_workers.push_back(m);
        }
    }

    /// Takes this worker off the idle list, if it is still there. `Some(next)`:
    /// it was there; `next` must be woken to watch the clock in its place.
    pub(crate) fn leave_idle(&mut self, m: &'static M) -> Option<Option<&'static M>> {
        let i = self.idle_workers.iter().position(|w| std::ptr::eq(*w, m))?;
        self.idle_workers.remove(i);
        if i != 0 {
            return Some(None);
        }
        polled::set_watched(false);
        let next = self.idle_workers.front().copied();
        if next.is_some() {
            WATCH.somebody()
        } else {
            WATCH.nobody()
        }
        Some(next)
    }

    /// Whether `m` is the first of the idle workers, who watches the clock.
    pub(crate) fn is_first_idle(&self, m: &M) -> bool {
        self.idle_workers.front().is_some_and(|first| std::ptr::eq(*first, m))
    }

    /// Whether nothing runs and nothing is runnable: every processor is idle
    /// (hence empty), and no goroutine goes on without one.
    pub(crate) fn is_quiet(&self) -> bool {
        self.displaced == 0 && self.queue.len() == 0 && self.idle_processors.len() == self.active
    }

    /// The same, but for the caller, who uses `p`.
    pub(crate) fn is_quiet_but_for(&self, p: &P) -> bool {
        let idle = self.idle_processors.len() + 1 == self.active;
        self.displaced == 0 && self.queue.len() == 0 && idle && p.runnable() == 0
    }
}
