//! What was released where: a clock for each object that orders.
//!
//! Objects are kept by blocks of addresses, so that all in a range can be
//! forgotten when it is gone, and the blocks in shards, each under a lock.
//!
//! Addresses are kept inverted: a look for pointers (see `leaks`) finds none here.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::brief::{Brief, Held};
use super::clock::Clock;

/// Bytes of addresses in a block.
const BLOCK: usize = 64;
const SHARDS: usize = 256;

/// Spreads numbers that are addresses.
#[derive(Default, Debug)]
pub(super) struct Spread(u64);

pub(super) type Spreading = BuildHasherDefault<Spread>;

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_usize(byte.into()));
    }

    fn write_usize(&mut self, number: usize) {
        let spread = (self.0 ^ number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = spread ^ spread >> 32;
    }
}

/// The shard of a block or another number.
pub(super) fn shard(number: usize) -> usize {
    let mut spread = Spread::default();
    spread.write_usize(number);
    spread.finish() as usize % SHARDS
}

type Block = Vec<(usize, Clock)>;
type Shard = Brief<HashMap<usize, Block, Spreading>>;

/// All objects.
pub(super) struct Objects([Shard; SHARDS]);

impl Objects {
    pub(super) const fn new() -> Self {
        Objects([const { Brief::new(HashMap::with_hasher(Spreading::new())) }; SHARDS])
    }

    fn lock(&self, block: usize) -> Held<'_, HashMap<usize, Block, Spreading>> {
        self.0[shard(block)].lock()
    }

    /// Calls `f` with the clock of `object`, if anything was released there.
    #[inline]
    pub(super) fn look(&self, object: usize, f: impl FnOnce(&Clock)) {
        let blocks = self.lock(object / BLOCK);
        if let Some(block) = blocks.get(&(object / BLOCK))
            && let Some((_, clock)) = block.iter().find(|entry| entry.0 == !object)
        {
            f(clock);
        }
    }

    /// Calls `f` with the clock of `object`.
    #[inline]
    pub(super) fn change(&self, object: usize, f: impl FnOnce(&mut Clock)) {
        let mut blocks = self.lock(object / BLOCK);
        let known = blocks.get_mut(&(object / BLOCK));
        if let Some((_, clock)) = known.and_then(|b| b.iter_mut().find(|e| e.0 == !object)) {
            return f(clock);
        }
        let block = blocks.entry(object / BLOCK).or_default();
        let index = block.iter().position(|entry| entry.0 == !object).unwrap_or_else(|| {
            block.push((!object, Clock::default()));
            block.len() - 1
        });
        f(&mut block[index].1);
    }

    /// Forgets all in `bytes` from `object`.
    pub(super) fn forget(&self, object: usize, bytes: usize) {
        let end = object.saturating_add(bytes);
        for number in object / BLOCK..=end.saturating_sub(1).max(object) / BLOCK {
            let mut blocks = self.lock(number);
            if let Some(block) = blocks.get_mut(&number) {
                block.retain(|entry| !(object..end).contains(&!entry.0));
                if block.is_empty() {
                    blocks.remove(&number);
                }
            }
        }
    }

    pub(super) fn clear(&self) {
        for shard in &self.0 {
            shard.lock().clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_forgotten() {
        let objects = Objects::new();
        for object in [1000, 1001, 1100, 1200] {
            objects.change(object, |clock| clock.set(0, 1));
        }
        objects.forget(1001, 150);
        let left = |object| {
            let mut seen = false;
            objects.look(object, |_| seen = true);
            seen
        };
        assert_eq!([1000, 1001, 1100, 1200].map(left), [true, false, false, true]);
    }
}
