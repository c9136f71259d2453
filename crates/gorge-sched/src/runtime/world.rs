//! What all workers share: the idle lists, the global queue, the counters.
//!
//! Everything in [`World`] is under one lock, which nobody holds for long and
//! nobody holds while switching. The three words outside it are read on fast
//! paths:
//!
//! - [`queued`]: length of the global queue;
//! - [`idle`]: idle processors and spinning workers (see `idle`);
//! - [`starved`]: whether goroutines wait for a stack.

use std::collections::VecDeque;
use std::ptr::null_mut;
use std::sync::atomic::{
    AtomicBool, AtomicU64, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release, SeqCst},
    fence,
};
use std::sync::{Mutex, MutexGuard, PoisonError};

use gorge_base::CachePadded;

use crate::runtime::goroutine::G;
use crate::idle::Idle;
use crate::runtime::poke;
use crate::runtime::processor::P;
use crate::runtime::worker::M;
use crate::timer_heap::NEVER;

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
    pub(crate) idle_processors: Vec<&'static P>,
    /// Workers asleep without a processor. The one that watches the clock, if
    /// any, is first.
    pub(crate) idle_workers: VecDeque<&'static M>,
    pub(crate) workers: Vec<&'static M>,
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
    idle_workers: VecDeque::new(),
    workers: Vec::new(),
    displaced: 0,
    epoch: 0,
    free: null_mut(),
    free_len: 0,
});

static QUEUED: CachePadded<AtomicUsize> = CachePadded::new(AtomicUsize::new(0));
static IDLE: CachePadded<Idle> = CachePadded::new(Idle::new());
static STARVED: AtomicBool = AtomicBool::new(false);
/// Until when the watcher of the clock sleeps; see [`watched`].
static WATCH: AtomicU64 = AtomicU64::new(0);
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

/// Until when the first of the idle workers sleeps: [`NEVER`] without a
/// deadline, 0 when there is no idle worker. Whoever arms an earlier timer
/// wakes it.
pub(crate) fn watched() -> u64 {
    WATCH.load(Relaxed)
}

/// The first of the idle workers says until when it sleeps. It must look at
/// the timers once more afterwards.
pub(crate) fn watch_until(when: u64) {
    WATCH.store(when, Relaxed);
    // Pairs with the fence between arming a timer and reading `watched`.
    fence(SeqCst);
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

    /// Puts a processor on the idle list.
    pub(crate) fn idle_processor(&mut self, p: &'static P) {
        self.idle_processors.push(p);
    }

    /// Takes an idle processor: it is about to get work.
    pub(crate) fn take_processor(&mut self) -> Option<&'static P> {
        let p = self.idle_processors.pop()?;
        self.epoch += 1;
        poke::work_appears();
        Some(p)
    }

    /// Takes an idle worker, the watcher of the clock last.
    pub(crate) fn take_worker(&mut self) -> Option<&'static M> {
        let m = self.idle_workers.pop_back()?;
        if self.idle_workers.is_empty() {
            watch_until(0);
        }
        Some(m)
    }

    /// Puts a worker without a processor on the idle list.
    pub(crate) fn idle_worker(&mut self, m: &'static M) {
        if self.idle_workers.is_empty() {
            watch_until(NEVER);
        }
        self.idle_workers.push_back(m);
    }

    /// Takes this worker off the idle list, if it is still there. `Some(next)`:
    /// it was there; `next` must be woken to watch the clock in its place.
    pub(crate) fn leave_idle(&mut self, m: &'static M) -> Option<Option<&'static M>> {
        let i = self.idle_workers.iter().position(|w| std::ptr::eq(*w, m))?;
        self.idle_workers.remove(i);
        if i != 0 {
            return Some(None);
        }
        let next = self.idle_workers.front().copied();
        watch_until(if next.is_some() { NEVER } else { 0 });
        Some(next)
    }

    /// Whether nothing runs and nothing is runnable.
    pub(crate) fn is_quiet(&self) -> bool {
        self.displaced == 0
            && QUEUED.load(Acquire) == 0
            && self.idle_processors.len() >= crate::runtime::processor::in_use()
    }
}
