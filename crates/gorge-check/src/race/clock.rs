//! Vector clocks that are shared as long as they are equal.
//!
//! Promise: joining two clocks that are one costs a comparison of pointers; and
//! clocks that turn out to be equal, or of which one knows all that the other
//! does, are one from then on. So goroutines that only pass things on, without
//! touching a shared variable, stay cheap however many there are.

use std::sync::Arc;

/// A moment of one slot (see `threads`): the accesses it made until its
/// next release.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Epoch {
    pub(super) slot: u32,
    pub(super) time: u32,
}

/// Up to which time the accesses of each slot are known.
#[derive(Clone, Debug, Default)]
pub(super) struct Clock(Arc<Vec<u32>>);

impl Clock {
    pub(super) fn get(&self, slot: u32) -> u32 {
        self.0.get(slot as usize).copied().unwrap_or(0)
    }

    pub(super) fn knows(&self, epoch: Epoch) -> bool {
        self.get(epoch.slot) >= epoch.time
    }

    pub(super) fn set(&mut self, slot: u32, time: u32) {
        let slot = slot as usize;
        let times = Arc::make_mut(&mut self.0);
        if times.len() <= slot {
            times.resize(slot + 1, 0);
        }
        times[slot] = time;
    }

    /// Knows from now on exactly what `other` knows.
    #[inline]
    pub(super) fn become_as(&mut self, other: &Clock) {
        // The count of what all share is a cache line that all want.
        if !Arc::ptr_eq(&self.0, &other.0) {
            self.0 = other.0.clone();
        }
    }

    /// Knows from now on all that `other` knows.
    #[inline]
    pub(super) fn join(&mut self, other: &Clock) {
        if !Arc::ptr_eq(&self.0, &other.0) {
            self.join_other(other);
        }
    }

    fn join_other(&mut self, other: &Clock) {
        let (mine, theirs) = (&self.0[..], &other.0[..]);
        let common = mine.len().min(theirs.len());
        let (mut less, mut more) = (false, false);
        // In pieces, so that the compiler compares several at once, and we stop
        // as soon as both are true.
        for (mine, theirs) in mine[..common].chunks(64).zip(theirs[..common].chunks(64)) {
            less |= mine.iter().zip(theirs).fold(false, |any, (a, b)| any | (a < b));
            more |= mine.iter().zip(theirs).fold(false, |any, (a, b)| any | (a > b));
            if less && more {
                break;
            }
        }
        less |= theirs[common..].iter().any(|&time| time != 0);
        more |= mine[common..].iter().any(|&time| time != 0);
        match (less, more) {
            (false, true) => {}
            // Of equal ones always the same is kept, or those who pass through many objects would compare each time.
            (false, false) if Arc::as_ptr(&self.0) < Arc::as_ptr(&other.0) => {}
            (_, false) => self.0 = other.0.clone(),
            (true, true) => {
                let times = Arc::make_mut(&mut self.0);
                if times.len() < other.0.len() {
                    times.resize(other.0.len(), 0);
                }
                for (mine, theirs) in times.iter_mut().zip(other.0.iter()) {
                    *mine = (*mine).max(*theirs);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(times: &[u32]) -> Clock {
        Clock(Arc::new(times.to_vec()))
    }

    #[test]
    fn a_join_knows_what_both_know() {
        let mut one = clock(&[1, 5, 0, 2]);
        one.join(&clock(&[3, 4]));
        assert_eq!(*one.0, [3, 5, 0, 2]);
        one.join(&clock(&[0, 0, 0, 0, 0, 7]));
        assert_eq!(*one.0, [3, 5, 0, 2, 0, 7]);
        assert!(one.knows(Epoch { slot: 5, time: 7 }) && !one.knows(Epoch { slot: 9, time: 1 }));
    }

    #[test]
    fn equal_clocks_become_one() {
        let (mut one, mut other) = (clock(&[1, 2, 0]), clock(&[1, 2]));
        one.join(&other);
        other.join(&one);
        assert!(Arc::ptr_eq(&one.0, &other.0));
        let more = clock(&[1, 3]);
        one.join(&more);
        assert!(Arc::ptr_eq(&one.0, &more.0));
        one.join(&other);
        assert!(Arc::ptr_eq(&one.0, &more.0));
    }
}
