//! All that a pool keeps, and when it grows old.
//!
//! What a worker puts goes into its slot; when that is full, or the worker has none, into the shard that is near.
//! What it gets comes from the same places in this order, and at last from all others.
//!
//! Promise: a value that nobody gets for two generations is dropped, by
//! whoever uses this or any other pool next. There is no timer and no thread
//! for it: a program that is stuck is stuck at once, with pools or without.
//!
//! Invariant: each generation is ended once, by who has raised its number.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use gorge_base::CachePadded;
use gorge_base::atomic::{AtomicU64, Ordering};

use super::shard::Shard;
use super::slot::Slot;

/// How long a generation is, in nanoseconds.
const GENERATION: u64 = 10_000_000_000;

/// A look at the clock with each so many values put into one shard.
const LOOK: u32 = 64;

/// Slots for each shard: more workers than processors have been at work once some were displaced or blocked.
const SLOTS: usize = 4;

/// Larger values have no slots, of which most are empty most of the time.
const LARGEST: usize = 256;

/// What one pool keeps.
pub(super) struct Keep<T> {
    slots: Box<[CachePadded<Slot<T>>]>,
    shards: Box<[CachePadded<Shard<T>>]>,
}

/// What pools of any type can do.
trait Age: Send + Sync {
    fn age(&self);
}

/// The number of the generation, since the clock's origin, that all pools have
/// been aged for.
static GENERATION_NOW: AtomicU64 = AtomicU64::new(0);

/// All pools that hold something, or have held something.
static POOLS: Mutex<Vec<Weak<dyn Age>>> = Mutex::new(Vec::new());

impl<T: Send + 'static> Keep<T> {
    /// Slots and shards for all processors.
    pub(super) fn new() -> Arc<Self> {
        let keep = Keep::by_itself();
        let any: Weak<dyn Age> = Arc::<Keep<T>>::downgrade(&keep);
        POOLS.lock().unwrap_or_else(PoisonError::into_inner).push(any);
        keep
    }

    /// One that does not grow old with time, but only by [`age`](Keep::age).
    pub(super) fn by_itself() -> Arc<Self> {
        let count = gorge_sched::num_cpu().max(gorge_sched::gomaxprocs(0)).next_power_of_two();
        let slots = if size_of::<T>() <= LARGEST { count * SLOTS } else { 0 };
        Arc::new(Keep {
            slots: (0..slots).map(|_| CachePadded::new(Slot::new())).collect(),
            shards: (0..count).map(|_| CachePadded::new(Shard::new())).collect(),
        })
    }

    /// The shard that is near.
    #[inline]
    fn near(&self) -> usize {
        gorge_sched::processor_hint() & (self.shards.len() - 1)
    }

    /// The slot of the worker that the caller runs on.
    #[inline(always)]
    fn own(&self) -> Option<&Slot<T>> {
        let slot = self.slots.get(gorge_sched::worker_number()?)?;
        Some(slot)
    }

    #[inline]
    pub(super) fn put(&self, mut value: T) {
        if let Some(slot) = self.own() {
            // SAFETY: what belongs to the worker belongs to the caller, until it parks.
            match unsafe { slot.put(value) } {
                Ok(puts) if puts.is_multiple_of(LOOK) => return look(),
                Ok(_) => return,
                Err(back) => value = back,
            }
        }
        self.put_near(value);
    }

    /// Keeps a value for which there is no slot.
    #[inline(never)]
    fn put_near(&self, value: T) {
        if self.shards[self.near()].put(value).is_multiple_of(LOOK) {
            look();
        }
    }

    #[inline]
    pub(super) fn get(&self) -> Option<T> {
        // SAFETY: as in `put`.
        if let Some(value) = self.own().and_then(|slot| unsafe { slot.get() }) {
            return Some(value);
        }
        self.get_near()
    }

    #[inline(never)]
    fn get_near(&self) -> Option<T> {
        let near = self.near();
        match self.shards[near].get() {
            Some(value) => Some(value),
            None => self.get_far(near),
        }
    }

    /// A value from anywhere else.
    #[cold]
    fn get_far(&self, near: usize) -> Option<T> {
        look();
        let (before, from) = self.shards.split_at(near);
        let shard = from.iter().chain(before).find_map(|shard| shard.get());
        shard.or_else(|| self.slots.iter().find_map(|slot| slot.take()))
    }

    pub(super) fn len(&self) -> usize {
        let shards: usize = self.shards.iter().map(|shard| shard.len()).sum();
        shards + self.slots.iter().filter(|slot| slot.is_full()).count()
    }

    /// A generation is over.
    pub(super) fn age(&self) {
        for shard in &self.shards {
            drop(shard.age());
        }
        for slot in &self.slots {
            drop(slot.age());
        }
    }
}

impl<T: Send + 'static> Age for Keep<T> {
    fn age(&self) {
        Keep::age(self);
    }
}

/// Ends the generation for all pools, if its time is over.
fn look() {
    // The time of a bubble is no time for others.
    if gorge_sched::bubble::current().is_some() {
        return;
    }
    let now = gorge_sched::now() / GENERATION;
    // Relaxed: the exchange decides who does it, and nothing else.
    let before = GENERATION_NOW.load(Ordering::Relaxed);
    let over = now > before
        && GENERATION_NOW
            .compare_exchange(before, now, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok();
    if !over {
        return;
    }
    let mut pools = Vec::new();
    POOLS.lock().unwrap_or_else(PoisonError::into_inner).retain(|pool| {
        pools.extend(pool.upgrade());
        pool.strong_count() != 0
    });
    // Outside the lock: values are dropped, which may take a pool.
    for pool in pools {
        pool.age();
    }
}
