//! Stacks of accesses and of starts, kept cheaply.
//!
//! Walking a stack costs microseconds, an access to be remembered
//! nanoseconds. So a stack is walked once for each place in the program, depth
//! of the stack, and origin of the goroutine: who comes to the same place equally deep, in a
//! goroutine started at the same place, will have come the same way. That is
//! nearly always so; where it is not, the innermost line is right and a caller
//! may be another. (Two tests that call the same helper are enough for that.) The present access of
//! a report is always walked, and all are while an exploration repeats the schedule of which it tells.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use gorge_base::probe::Place;

use super::objects::Spreading;

/// Return addresses, innermost first.
pub(super) type Trace = [usize];

/// At most so many are kept; later ones have their innermost line only.
const MOST: usize = 1 << 15;

/// By what a stack is known.
pub(super) type Key = (usize, usize, usize);

/// The few that one goroutine used last.
#[derive(Debug, Default)]
pub(super) struct Recent([Option<(Key, Option<Arc<Trace>>)>; 4], usize);

/// About how deep the caller's stack is, in bytes.
#[inline(always)]
fn depth(base: usize) -> usize {
    let here = 0_u8;
    base.wrapping_sub(&raw const here as usize)
}

impl Recent {
    /// The stack of who does something at `at`, in a goroutine of the bubble `bubble` whose stack begins at
    /// `base` and which was started at `origin`.
    #[inline]
    pub(super) fn here(
        &mut self,
        at: Place,
        base: usize,
        origin: Option<Place>,
        bubble: u64,
    ) -> Option<Arc<Trace>> {
        if WALKED.load(Relaxed) != 0 && walked().contains(&bubble) {
            return Some(walk());
        }
        let origin = origin.map_or(0, |at| std::ptr::from_ref(at) as usize);
        let key = (std::ptr::from_ref(at) as usize, depth(base), origin);
        if let Some((_, trace)) = self.0.iter().flatten().find(|(known, _)| *known == key) {
            return trace.clone();
        }
        let trace = find(key);
        self.0[self.1] = Some((key, trace.clone()));
        self.1 = (self.1 + 1) % self.0.len();
        trace
    }
}

fn find(key: Key) -> Option<Arc<Trace>> {
    static KNOWN: Mutex<HashMap<Key, Arc<Trace>, Spreading>> =
        Mutex::new(HashMap::with_hasher(Spreading::new()));
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(trace) = known().get(&key) {
        return Some(trace.clone());
    }
    if known().len() >= MOST {
        return None;
    }
    let trace = walk();
    known().insert(key, trace.clone());
    Some(trace)
}

/// The caller's stack, as it is.
pub(super) fn walk() -> Arc<Trace> {
    gorge_scope::stacks::here().into()
}

/// How many bubbles there are in which all stacks are walked.
static WALKED: AtomicUsize = AtomicUsize::new(0);

/// Their numbers.
fn walked() -> MutexGuard<'static, HashSet<u64>> {
    static NUMBERS: LazyLock<Mutex<HashSet<u64>>> = LazyLock::new(Mutex::default);
    NUMBERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// While one exists, all stacks in a bubble are walked: what is told of it is exact.
#[derive(Debug)]
pub(crate) struct Exactly(u64);

/// What is done in this bubble will be told, until what this gives is dropped.
pub(crate) fn exactly(bubble: u64) -> Exactly {
    walked().insert(bubble);
    // Relaxed: whoever is in the bubble is started afterwards.
    WALKED.fetch_add(1, Relaxed);
    Exactly(bubble)
}

impl Drop for Exactly {
    fn drop(&mut self) {
        WALKED.fetch_sub(1, Relaxed);
        walked().remove(&self.0);
    }
}
