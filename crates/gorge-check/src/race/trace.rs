//! Stacks of accesses and of starts, kept cheaply.
//!
//! Walking a stack costs microseconds, an access to be remembered
//! nanoseconds. So a stack is walked once for each place in the program, depth
//! of the stack, and origin of the goroutine: who comes to the same place equally deep, in a
//! goroutine started at the same place, will have come the same way. That is
//! nearly always so; where it is not, the innermost line is right and a caller
//! may be another. The present access of a report is always walked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

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
    /// The stack of who does something at `at`, in a goroutine whose stack begins at
    /// `base` and which was started at `origin`.
    #[inline]
    pub(super) fn here(
        &mut self,
        at: Place,
        base: usize,
        origin: Option<Place>,
    ) -> Option<Arc<Trace>> {
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
    let trace: Arc<Trace> = gorge_scope::stacks::here().into();
    known().insert(key, trace.clone());
    Some(trace)
}
