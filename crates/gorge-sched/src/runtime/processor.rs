//! A processor (P): the right to run goroutines, and what belongs to it.
//!
//! Invariant: everything except the atomics is used only by who uses the
//! processor: its holder inside scheduler code, a taker, or the scheduler
//! under its lock while the processor is idle (see `lease`). But for `seen`, which
//! is the monitor's.

use std::cell::{Cell, UnsafeCell};
use std::ptr::null_mut;

use gorge_base::atomic::{
    AtomicPtr, AtomicU32, AtomicU64, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};
use gorge_base::prefetch::prefetch;
use gorge_coro::StackCache;

use crate::ring::Ring;
use crate::runtime::firing::Firing;
use crate::runtime::goroutine::G;
use crate::timer_heap::Shard;

/// The highest GOMAXPROCS.
pub const MAX_PROCS: usize = 1024;

/// Reasons to leave the fast path at the next scheduling point, as bits of
/// [`P::attention`].
pub(crate) mod attention {
    /// A thief asks for half of the ring.
    pub(crate) const STEAL: u32 = 1;
    /// A timer of this processor is due.
    pub(crate) const TIMER: u32 = 2;
    /// GOMAXPROCS went down: the processor is one too many.
    pub(crate) const RETIRE: u32 = 4;
    /// There are goroutines whose time has come ([`P::push_due`](super::P::push_due)).
    pub(crate) const DUE: u32 = 8;
}

/// Every this many scheduling points the global queue comes first (as in Go).
const FAIRNESS: u64 = 61;

/// So many of those whose time has come run before one who is only ready.
const DUE_IN_A_ROW: u32 = 8;

/// Every this many times who is late lets one other run before it goes on.
const LATE_IN_A_ROW: u32 = 16;

#[repr(C, align(128))]
#[derive(Debug)]
pub(crate) struct P {
    /// Runs before the ring: whom the running goroutine just made ready.
    next: AtomicPtr<G>,
    pub(crate) ring: Ring<G>,
    /// Those whose time has come: they do not wait behind all who are ready. While there are any the
    /// bit `DUE` is set, so that nobody has to look here on the fast path.
    due: Ring<G>,
    /// How many of them have run in a row.
    due_before: Cell<u32>,
    /// How often somebody who was late has gone on.
    late: Cell<u32>,
    pub(crate) attention: AtomicU32,
    /// Scheduling points so far; the low 8 bits count up to [`FAIRNESS`].
    tick: AtomicU64,
    free: Cell<*mut G>,
    free_len: Cell<usize>,
    pub(crate) stacks: UnsafeCell<StackCache>,
    next_id: Cell<u64>,
    last_id: Cell<u64>,

    pub(crate) id: usize,
    /// In nobody's hands and not to be given to anyone (GOMAXPROCS went down).
    /// Under the scheduler's lock.
    pub(crate) retired: Cell<bool>,
    /// Goroutines born and ended here; the sums over all processors tell how
    /// many there are.
    pub(crate) born: AtomicU64,
    pub(crate) ended: AtomicU64,
    /// Wake-ups left out, and how many may be (see `wake`).
    pub(crate) skipped: Cell<u32>,
    pub(crate) may_skip: AtomicU32,
    pub(crate) steals: AtomicU64,
    pub(crate) timers: Shard<Firing>,
    /// The worker (an `M`, which lies above) that was given this processor last: a hint, to be held
    /// against its lease.
    pub(crate) holder: AtomicPtr<()>,
    /// The monitor's memory: progress seen last, and how often unchanged.
    pub(crate) seen: Cell<(u64, u32)>,
}

// SAFETY: see the invariant at the top.
unsafe impl Sync for P {}
// SAFETY: as above.
unsafe impl Send for P {}

/// What [`P::tick`] says about the scheduling point.
#[derive(PartialEq, Eq, Debug)]
#[must_use]
pub(crate) enum Tick {
    Ordinary,
    /// The global queue first, and nobody may jump the queue.
    Fair,
}

impl P {
    pub(crate) fn new(id: usize) -> P {
        P {
            next: AtomicPtr::new(null_mut()),
            ring: Ring::new(),
            due: Ring::new(),
            due_before: Cell::new(0),
            late: Cell::new(0),
            attention: AtomicU32::new(0),
            tick: AtomicU64::new(0),
            free: Cell::new(null_mut()),
            free_len: Cell::new(0),
            stacks: UnsafeCell::new(StackCache::new()),
            next_id: Cell::new(0),
            last_id: Cell::new(0),
            id,
            retired: Cell::new(true),
            born: AtomicU64::new(0),
            ended: AtomicU64::new(0),
            skipped: Cell::new(0),
            may_skip: AtomicU32::new(0),
            steals: AtomicU64::new(0),
            timers: Shard::new(),
            holder: AtomicPtr::new(null_mut()),
            seen: Cell::new((0, 0)),
        }
    }

    /// Counts a scheduling point.
    #[inline(always)]
    pub(crate) fn tick(&self) -> Tick {
        let tick = self.tick.load(Relaxed) + 1;
        if tick & 0xff == FAIRNESS {
            self.tick.store((tick & !0xff) + 0x100, Relaxed);
            return Tick::Fair;
        }
        self.tick.store(tick, Relaxed);
        Tick::Ordinary
    }

    /// A number that changes with every scheduling point.
    pub(crate) fn progress(&self) -> u64 {
        self.tick.load(Relaxed)
    }

    /// Everything runnable here, as a hint for strangers.
    pub(crate) fn runnable(&self) -> usize {
        self.queued() + usize::from(!self.next.load(Relaxed).is_null())
    }

    /// Of these, those that others may have.
    pub(crate) fn queued(&self) -> usize {
        self.ring.len() + self.due.len()
    }

    /// Whether there is nothing to run here.
    #[inline(always)]
    pub(crate) fn is_empty(&self) -> bool {
        self.nobody_ready() && self.due.is_empty()
    }

    #[inline(always)]
    fn nobody_ready(&self) -> bool {
        self.ring.is_empty() && self.next.load(Relaxed).is_null()
    }

    /// Whether the one who is to run next is the only one here.
    #[inline(always)]
    pub(crate) fn only_next(&self) -> bool {
        self.ring.is_empty() && !self.next.load(Relaxed).is_null() && self.due.is_empty()
    }

    /// Makes `g` run next; who was to run next goes to the ring.
    ///
    /// # Safety
    /// The caller uses the processor, and `g` is in no queue.
    #[inline(always)]
    pub(crate) unsafe fn push_next(&self, g: *mut G) {
        let before = self.next.load(Relaxed);
        self.next.store(g, Relaxed);
        if !before.is_null() {
            // SAFETY: the caller's promise.
            unsafe { self.ring.push(before) }
        }
    }

    /// `g`, whose time has come, is to run before those who are only ready.
    ///
    /// # Safety
    /// The caller uses the processor, and `g` is in no queue.
    pub(crate) unsafe fn push_due(&self, g: *mut G) {
        // SAFETY: the caller's promise.
        unsafe { self.due.push(g) }
        self.call_attention(attention::DUE);
    }

    /// Whether one who is late goes on at once.
    ///
    /// # Safety
    /// The caller uses the processor.
    pub(crate) unsafe fn may_go_on_late(&self) -> bool {
        self.late.set((self.late.get() + 1) % LATE_IN_A_ROW);
        self.late.get() != 0
    }

    /// One whose time has come; null if there is none, or others have their turn.
    ///
    /// # Safety
    /// The caller uses the processor.
    pub(crate) unsafe fn pop_due(&self) -> *mut G {
        let before = self.due_before.get();
        if self.due.is_empty() || (before >= DUE_IN_A_ROW && !self.nobody_ready()) {
            self.due_before.set(0);
            return null_mut();
        }
        self.due_before.set(before + 1);
        // SAFETY: the caller's promise.
        unsafe { self.due.pop() }
    }

    /// Who is to run next goes to the end of the ring like everyone else.
    ///
    /// # Safety
    /// The caller uses the processor.
    #[inline(always)]
    pub(crate) unsafe fn demote_next(&self) {
        let next = self.next.load(Relaxed);
        if !next.is_null() {
            self.next.store(null_mut(), Relaxed);
            // SAFETY: the caller's promise.
            unsafe { self.ring.push(next) }
        }
    }

    /// The goroutine to run now, of those who are ready (see [`pop_due`](P::pop_due) for the others), or null.
    ///
    /// # Safety
    /// The caller uses the processor.
    #[inline(always)]
    pub(crate) unsafe fn pop(&self) -> *mut G {
        let next = self.next.load(Relaxed);
        if !next.is_null() {
            self.next.store(null_mut(), Relaxed);
            return next;
        }
        // SAFETY: the caller's promise.
        let g = unsafe { self.ring.pop() };
        // SAFETY: as above; records stay mapped, so looking at one is safe.
        unsafe {
            if let Some(later) = self.ring.peek(5) {
                G::prefetch(later);
            }
            if let Some(soon) = self.ring.peek(2) {
                (*soon).ctx.prefetch();
            }
        }
        g
    }

    /// One to be given away while the processor goes on, or null: who is only ready rather than whose time
    /// has come.
    ///
    /// # Safety
    /// The caller uses the processor.
    pub(crate) unsafe fn give_one(&self) -> *mut G {
        // SAFETY: the caller's promise.
        unsafe {
            let g = self.ring.pop();
            if g.is_null() { self.due.pop() } else { g }
        }
    }

    /// Takes one goroutine from a processor that stands still, or null: the oldest of those whose time has
    /// come, or else of those who are ready, or else who runs next.
    ///
    /// # Safety
    /// The caller uses the processor.
    pub(crate) unsafe fn steal_one(&self) -> *mut G {
        // SAFETY: the caller's promise.
        unsafe {
            for ring in [&self.due, &self.ring] {
                let g = ring.pop();
                if !g.is_null() {
                    return g;
                }
            }
        }
        self.next.swap(null_mut(), Relaxed)
    }

    /// Everyone who is ready here.
    ///
    /// # Safety
    /// The caller uses the processor, for as long as it uses the iterator.
    pub(crate) unsafe fn ready(&'static self) -> impl Iterator<Item = *mut G> {
        let next = Some(self.next.load(Relaxed)).filter(|g| !g.is_null());
        // SAFETY: the caller's promise.
        let entries =
            |ring: &'static Ring<G>| (0..ring.len()).map_while(move |n| unsafe { ring.peek(n) });
        next.into_iter().chain(entries(&self.due)).chain(entries(&self.ring))
    }

    /// A free record, or null.
    ///
    /// # Safety
    /// The caller uses the processor.
    #[inline(always)]
    pub(crate) unsafe fn take_free(&self) -> *mut G {
        let g = self.free.get();
        if !g.is_null() {
            // SAFETY: free records are ours while we use the processor.
            let following = unsafe { (*g).link.get() };
            prefetch(following.cast());
            self.free.set(following);
            self.free_len.set(self.free_len.get() - 1);
        }
        g
    }

    /// Keeps a free record; tells how many there are now.
    ///
    /// # Safety
    /// The caller uses the processor and owns the record.
    #[inline(always)]
    pub(crate) unsafe fn put_free(&self, g: *mut G) -> usize {
        // SAFETY: the caller's promise.
        unsafe { (*g).link.set(self.free.get()) }
        self.free.set(g);
        let len = self.free_len.get() + 1;
        self.free_len.set(len);
        len
    }

    /// The next goroutine number; numbers are taken in blocks.
    ///
    /// # Safety
    /// The caller uses the processor.
    #[inline(always)]
    pub(crate) unsafe fn take_id(&self) -> u64 {
        let id = self.next_id.get();
        if id == self.last_id.get() {
            return self.refill_ids();
        }
        self.next_id.set(id + 1);
        id
    }

    #[cold]
    fn refill_ids(&self) -> u64 {
        let first = block_of_ids(ID_BLOCK);
        self.next_id.set(first + 1);
        self.last_id.set(first + ID_BLOCK);
        first
    }

    /// Asks the holder to leave its fast path.
    pub(crate) fn call_attention(&self, bits: u32) {
        self.attention.fetch_or(bits, Release);
    }

    /// Takes the requests: by who uses the processor.
    pub(crate) fn take_attention(&self) -> u32 {
        let asked = self.attention.swap(0, Acquire);
        if !self.due.is_empty() {
            self.call_attention(attention::DUE);
        }
        asked
    }
}

const ID_BLOCK: u64 = 16;

/// The first of `n` fresh goroutine numbers. Goroutine 1 is the main one.
pub(crate) fn block_of_ids(n: u64) -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(2);
    NEXT.fetch_add(n, Relaxed)
}

/// All processors there ever were, by number. They are never freed.
static ALL: [AtomicPtr<P>; MAX_PROCS] = [const { AtomicPtr::new(null_mut()) }; MAX_PROCS];
static ALLOCATED: AtomicUsize = AtomicUsize::new(0);
/// GOMAXPROCS: processors with a smaller number are in use.
static IN_USE: AtomicUsize = AtomicUsize::new(0);

/// GOMAXPROCS as it is now.
#[inline(always)]
pub(crate) fn in_use() -> usize {
    IN_USE.load(Relaxed)
}

/// Sets GOMAXPROCS; makes the processors that are missing. Under the
/// scheduler's lock.
pub(crate) fn set_in_use(n: usize) {
    for (id, slot) in ALL.iter().enumerate().take(n).skip(ALLOCATED.load(Relaxed)) {
        slot.store(Box::into_raw(Box::new(P::new(id))), Release);
    }
    ALLOCATED.fetch_max(n, Release);
    IN_USE.store(n, Release);
}

/// The processor with this number.
///
/// # Panics
/// When there never was one.
pub(crate) fn get(id: usize) -> &'static P {
    // SAFETY: set once to a leaked box.
    unsafe { ALL[id].load(Acquire).as_ref().expect("processor exists") }
}

/// Every processor there ever was.
pub(crate) fn all() -> impl Iterator<Item = &'static P> {
    (0..ALLOCATED.load(Acquire)).map(get)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sixty_first_tick_is_fair() {
        let p = P::new(0);
        let fair: Vec<usize> = (1..=200).filter(|_| p.tick() == Tick::Fair).collect::<Vec<_>>();
        assert_eq!(fair, [61, 122, 183]);
    }
}
