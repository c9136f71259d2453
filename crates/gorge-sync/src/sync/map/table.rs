//! The shards, and which one a key is in.
//!
//! Promise: an operation locks one shard, once, and hashes its key once.
//!
//! ```text
//!   hash   | high bits: the shard | ... | low bits and top 7: the place in it (hashbrown's) |
//! ```
//!
//! Invariant: of a key there is at most one entry, in its shard.

use std::hash::{BuildHasher, Hash};

use gorge_base::{CachePadded, probe};
use hashbrown::{DefaultHashBuilder, HashTable};

use crate::sync::rwlock::RwLock;

/// Keys and values of one shard, without their hasher.
pub(super) type Shard<K, V> = HashTable<(K, V)>;

/// A shard, on cache lines of its own.
type Slot<K, V> = CachePadded<RwLock<Shard<K, V>>>;

/// Bits of the hash above those that choose the shard: hashbrown tells entries
/// apart by the topmost seven.
const TOP: u32 = 7;

pub(super) struct Table<K, V, S = DefaultHashBuilder> {
    shards: Box<[Slot<K, V>]>,
    hasher: S,
}

impl<K, V, S> Table<K, V, S> {
    pub(super) fn new(hasher: S) -> Self {
        // Four for each processor: with keys at random, hardly ever do two
        // meet in one shard.
        let several = (4 * gorge_sched::num_cpu()).next_power_of_two();
        // (While schedules are explored, one: which keys meet is chance, and each run is to be like the one before.)
        let count = if probe::points() { 1 } else { several };
        let shards = (0..count).map(|_| CachePadded::new(RwLock::new(HashTable::new()))).collect();
        Table { shards, hasher }
    }

    pub(super) fn shards(&self) -> impl Iterator<Item = &RwLock<Shard<K, V>>> {
        self.shards.iter().map(|shard| &**shard)
    }

    pub(super) fn into_entries(self) -> impl Iterator<Item = (K, V)> {
        self.shards.into_iter().flat_map(|shard| shard.into_inner().into_inner())
    }

    pub(super) fn hasher(&self) -> &S {
        &self.hasher
    }
}

impl<K, V, S: BuildHasher> Table<K, V, S> {
    /// The hash of a key, and the shard it is in.
    #[inline]
    pub(super) fn find<Q: Hash + ?Sized>(&self, key: &Q) -> (u64, &RwLock<Shard<K, V>>) {
        let hash = self.hasher.hash_one(key);
        let bits = self.shards.len().trailing_zeros();
        let index = (hash << TOP).checked_shr(u64::BITS - bits).unwrap_or(0);
        (hash, &self.shards[index as usize])
    }
}
