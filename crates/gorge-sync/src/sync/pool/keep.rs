//! All shards of a pool, and when they grow old.
//!
//! Promise: a value that nobody gets for two generations is dropped, by
//! whoever uses this or any other pool next. There is no timer and no thread
//! for it: a program that is stuck is stuck at once, with pools or without.
//!
//! Invariant: each generation is ended once, by who has raised its number.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use gorge_base::CachePadded;

use super::shard::Shard;

/// How long a generation is, in nanoseconds.
const GENERATION: u64 = 10_000_000_000;

/// A look at the clock with each so many values put into one shard.
const LOOK: u32 = 64;

/// The shards of one pool.
pub(super) struct Keep<T> {
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
    /// Shards for all processors.
    pub(super) fn new() -> Arc<Self> {
        let count = gorge_sched::num_cpu().max(gorge_sched::gomaxprocs(0)).next_power_of_two();
        let keep =
            Arc::new(Keep { shards: (0..count).map(|_| CachePadded::new(Shard::new())).collect() });
        let any: Weak<dyn Age> = Arc::<Keep<T>>::downgrade(&keep);
        POOLS.lock().unwrap_or_else(PoisonError::into_inner).push(any);
        keep
    }

    /// The shard that is near.
    #[inline]
    fn near(&self) -> usize {
        gorge_sched::processor_hint() & (self.shards.len() - 1)
    }

    #[inline]
    pub(super) fn put(&self, value: T) {
        if self.shards[self.near()].put(value).is_multiple_of(LOOK) {
            look();
        }
    }

    #[inline]
    pub(super) fn get(&self) -> Option<T> {
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
        from.iter().chain(before).find_map(|shard| shard.get())
    }

    pub(super) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.len()).sum()
    }

    /// A generation is over.
    pub(super) fn age(&self) {
        for shard in &self.shards {
            drop(shard.age());
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
