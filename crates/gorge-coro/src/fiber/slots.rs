//! Slots: carved from large mappings, handed out with their block written, pooled
//! for all processors, and given back to the system when nobody has wanted them.
//!
//! ```text
//!            claim                     put (oldest of a processor's cache)
//!   unused --------> in use (or in a  --------------------------------> pooled
//!   slot   <-----    cache)           <--------------------------------
//!              |                          get (newest first)             |
//!              +---------------------------------------------------------+
//!                 give back: block disposed of, memory released, guard stays
//! ```
//!
//! Invariants:
//! * a slot outside of `unused` has a written block and an installed guard;
//! * guards are installed once and never removed: they survive the release of memory;
//! * a mapping is unmapped only when all of its slots are unused.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use super::block::{self, STACK_WORD};
use super::geometry::{GUARD, Geometry, LARGEST, SMALLEST, StackWord};
use super::room::{LEFT_FOR_OTHERS, out_of_room};
use super::template::Template;
use crate::limit::StackError;
use crate::word::{stack_word, words_offset};

/// Slots in the first mapping of a size; later ones are larger.
const FIRST_SLOTS: usize = 64;
const MOST_SLOTS: usize = 4096;
const MOST_BYTES: usize = 2 << 30;
/// Slots whose memory is never given back: the next burst starts warm.
const KEPT_WARM: usize = 64;

/// All slots of one size.
#[derive(Debug)]
struct Pool {
    /// Mappings by their first address.
    mappings: BTreeMap<usize, Mapping>,
    /// The part of the newest mapping that has never been touched.
    fresh: Range<usize>,
    /// Unused slots, guards installed, by their first address.
    unused: Vec<usize>,
    /// Unused slots whose guard could not be installed.
    unguarded: Vec<usize>,
    /// Pooled slots by their thread pointer, newest last.
    pooled: Vec<usize>,
    /// The least number of pooled slots since the last giving back.
    low_water: usize,
}

#[derive(Debug)]
struct Mapping {
    bytes: usize,
    /// How many slots are not unused.
    used: usize,
    /// Which slots have a block, one bit each.
    written: Vec<u64>,
}

static POOLS: [Mutex<Pool>; (LARGEST - SMALLEST + 1) as usize] = [const {
    Mutex::new(Pool {
        mappings: BTreeMap::new(),
        fresh: 0..0,
        unused: Vec::new(),
        unguarded: Vec::new(),
        pooled: Vec::new(),
        low_water: 0,
    })
};
    (LARGEST - SMALLEST + 1) as usize];

static TEMPLATE: OnceLock<Template> = OnceLock::new();
/// Remembers the template; to be called once, before anything else here.
pub(super) fn set_template(t: Template) -> &'static Template {
    TEMPLATE.get_or_init(|| t)
}

/// The template of this process. Only after fiber mode has been chosen.
pub(super) fn template() -> &'static Template {
    TEMPLATE.get().expect("fiber mode has been prepared")
}

fn pool(class: u32) -> MutexGuard<'static, Pool> {
    POOLS[(class - SMALLEST) as usize]
        .lock()
        // What a pool holds is consistent at every point where one could panic.
        .unwrap_or_else(PoisonError::into_inner)
}

/// Takes up to `most` pooled slots, newest last, into `into`.
pub(crate) fn take(class: u32, most: usize, into: &mut Vec<usize>) {
    let mut pool = pool(class);
    let n = pool.pooled.len();
    into.extend(pool.pooled.drain(n - n.min(most)..));
    pool.low_water = pool.low_water.min(pool.pooled.len());
}

/// Pools slots.
pub(crate) fn put(class: u32, slots: impl Iterator<Item = usize>) {
    pool(class).pooled.extend(slots);
}

/// Takes up to `most` slots that have not been used before, or not since they
/// were given back; at least one, else the error says why there is none.
pub(super) fn claim(g: &Geometry, most: usize, into: &mut Vec<Claim>) -> Result<(), StackError> {
    let mut pool = pool(g.class);
    into.push(pool.claim(g)?);
    into.extend((1..most).map_while(|_| pool.claim(g).ok()));
    Ok(())
}

/// Gives a claimed slot back unused: its block is not written, or disposed of.
pub(super) fn unclaim(g: &Geometry, slot: usize, guarded: bool) {
    let mut pool = pool(g.class);
    pool.unclaim(slot, g);
    if guarded { pool.unused.push(slot) } else { pool.unguarded.push(slot) }
}

/// A slot that is used from now on.
#[derive(Debug)]
pub(super) struct Claim {
    pub(super) slot: usize,
    pub(super) guarded: bool,
}

impl Pool {
    /// Takes an unused slot; makes a new mapping if there is none.
    fn claim(&mut self, g: &Geometry) -> Result<Claim, StackError> {
        let (slot, guarded) = if let Some(slot) = self.unused.pop() {
            (slot, true)
        } else if let Some(slot) = self.unguarded.pop() {
            (slot, false)
        } else {
            if self.fresh.is_empty() {
                self.grow(g)?;
            }
            let slot = self.fresh.start;
            self.fresh.start += g.stride;
            (slot, false)
        };
        let (index, mapping) = self.find(slot, g.stride);
        mapping.used += 1;
        mapping.written[index / 64] |= 1 << (index % 64);
        Ok(Claim { slot, guarded })
    }

    /// The slot is unused again; the caller puts it into the right list.
    fn unclaim(&mut self, slot: usize, g: &Geometry) {
        let (index, mapping) = self.find(slot, g.stride);
        mapping.used -= 1;
        mapping.written[index / 64] &= !(1 << (index % 64));
    }

    fn find(&mut self, address: usize, stride: usize) -> (usize, &mut Mapping) {
        let (base, mapping) =
            self.mappings.range_mut(..=address).next_back().expect("every slot lies in a mapping");
        ((address - base) / stride, mapping)
    }

    fn grow(&mut self, g: &Geometry) -> Result<(), StackError> {
        let have: usize = self.mappings.values().map(|m| m.bytes / g.stride).sum();
        let mut slots = have.clamp(FIRST_SLOTS, MOST_SLOTS).min(MOST_BYTES / g.stride).max(1);
        let base = loop {
            match map(g.stride * slots) {
                Ok(base) => break base,
                // A smaller mapping may still fit.
                Err(_) if slots > 1 => slots /= 2,
                Err(e) => return Err(out_of_room(1 << g.class, e)),
            }
        };
        let bytes = g.stride * slots;
        self.fresh = base..base + bytes;
        self.mappings
            .insert(base, Mapping { bytes, used: 0, written: vec![0; slots.div_ceil(64)] });
        Ok(())
    }

    /// Unmaps the mappings in which no slot is used.
    fn unmap_unused(&mut self) {
        let fresh = self.fresh.start;
        let gone: Vec<_> = (self.mappings.iter())
            .map(|(&base, m)| (base..base + m.bytes, m.used))
            .filter(|(range, used)| *used == 0 && !range.contains(&fresh))
            .map(|(range, _)| range)
            .collect();
        if gone.is_empty() {
            return;
        }
        let stays = |slot: &usize| !gone.iter().any(|m| m.contains(slot));
        self.unused.retain(stays);
        self.unguarded.retain(stays);
        for m in gone {
            self.mappings.remove(&m.start);
            // SAFETY: our mapping; no slot of it is used and none can be claimed any more.
            unsafe { libc::munmap(m.start as *mut _, m.len()) };
        }
    }
}

/// Gives the memory of slots back that have stayed in the pools since the last call.
/// What is in use, or in a processor's cache, is not touched.
pub(crate) fn give_back_idle_stacks() {
    if TEMPLATE.get().is_some() {
        for class in SMALLEST..=LARGEST {
            give_back(class);
        }
    }
}

fn give_back(class: u32) {
    let idle: Vec<usize> = {
        let mut pool = pool(class);
        let n = pool.low_water.saturating_sub(KEPT_WARM);
        let idle = pool.pooled.drain(..n).collect();
        pool.low_water = pool.pooled.len();
        idle
    };
    if idle.is_empty() {
        return;
    }
    let t = template();
    let g = Geometry::new(t, class);
    let mut slots = Vec::with_capacity(idle.len());
    for fs in idle {
        // SAFETY: taken out of the pool: ours, and used by nobody.
        unsafe {
            let word = *(fs.wrapping_add_signed(words_offset() + STACK_WORD) as *const usize);
            let lowest = StackWord(word).lowest();
            block::dispose(t, fs);
            libc::madvise(lowest as *mut _, g.stride - GUARD, libc::MADV_DONTNEED);
            slots.push(lowest - GUARD);
        }
    }
    let mut pool = pool(class);
    for &slot in &slots {
        pool.unclaim(slot, &g);
    }
    pool.unused.extend(slots);
    pool.unmap_unused();
}

/// All mappings that slots are carved from.
pub(crate) fn mappings() -> Vec<Range<usize>> {
    (SMALLEST..=LARGEST)
        .flat_map(|class| {
            let pool = pool(class);
            pool.mappings.iter().map(|(&base, m)| base..base + m.bytes).collect::<Vec<_>>()
        })
        .collect()
}

/// Calls `f` for every written block, whoever uses it.
pub(super) fn for_each_block(mut f: impl FnMut(usize)) {
    let t = template();
    for class in SMALLEST..=LARGEST {
        let g = Geometry::new(t, class);
        for (&base, mapping) in &pool(class).mappings {
            for index in 0..mapping.bytes / g.stride {
                if mapping.written[index / 64] & 1 << (index % 64) != 0 {
                    f(g.fs(base + index * g.stride));
                }
            }
        }
    }
}

/// The size of the stack in whose guard the address lies. For signal handlers.
pub(crate) fn overflowed(address: usize) -> Option<usize> {
    let word = StackWord(stack_word());
    let guard = word.lowest().wrapping_sub(GUARD)..word.lowest();
    if word.0 != 0 && guard.contains(&address) {
        return Some(1 << word.class());
    }
    // It may run with its carrier's thread pointer just now.
    guarded(address)
}

/// The same for any stack. Does not wait for a lock.
fn guarded(address: usize) -> Option<usize> {
    let t = TEMPLATE.get()?;
    (SMALLEST..=LARGEST).find_map(|class| {
        let pool = POOLS[(class - SMALLEST) as usize].try_lock().ok()?;
        let (base, mapping) = pool.mappings.range(..=address).next_back()?;
        let stride = Geometry::new(t, class).stride;
        let inside = address - base < mapping.bytes && (address - base) % stride < GUARD;
        inside.then_some(1 << class)
    })
}

/// Maps memory for slots, if there is more than they need.
fn map(bytes: usize) -> std::io::Result<usize> {
    // SAFETY: a new mapping, of which nobody knows the part that is unmapped again. The
    // advice is one: small pages, as huge ones would make each stack cost two megabytes.
    unsafe {
        let p = libc::mmap(
            std::ptr::null_mut(),
            bytes + LEFT_FOR_OTHERS,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
            -1,
            0,
        );
        if p == libc::MAP_FAILED {
            return Err(std::io::Error::last_os_error());
        }
        libc::munmap(p.byte_add(bytes), LEFT_FOR_OTHERS);
        libc::madvise(p, bytes, libc::MADV_NOHUGEPAGE);
        Ok(p as usize)
    }
}
