//! Who cannot go on, among those who wait: the set from which whoever is alive is taken away until
//! nobody is.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::blocked::Hidden;

/// Somebody who waits for ever, as far as one look tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stuck {
    pub(super) id: u64,
    /// Which wait it is.
    pub(super) number: u64,
    /// The goroutines for which it waits and that have not ended.
    pub(super) because_of: Vec<u64>,
}

/// What two looks agree on.
pub(super) fn both(before: Vec<Stuck>, now: &[Stuck]) -> Vec<Stuck> {
    let mut agreed: Vec<Stuck> = before.into_iter().filter(|stuck| now.contains(stuck)).collect();
    loop {
        let ids: HashSet<u64> = agreed.iter().map(|stuck| stuck.id).collect();
        let count = agreed.len();
        agreed.retain(|stuck| stuck.because_of.iter().all(|other| ids.contains(other)));
        if agreed.len() == count {
            return agreed;
        }
    }
}

/// What must be there for a wait to end.
#[derive(Clone, Debug)]
pub(super) enum Need {
    /// A pointer to one of these, in live memory.
    Pointer(Vec<Hidden>),
    /// All of these go on.
    All(Vec<Holder>),
    /// One of these goes on.
    Any(Vec<Holder>),
}

/// Who has what somebody waits for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Holder {
    /// `None`: it has ended.
    pub(super) goroutine: Option<u64>,
    /// What it has may have gone to whoever has a pointer to this.
    pub(super) guard: Option<Hidden>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Key {
    Goroutine(u64),
    /// Memory that is reached by pointers to its beginning only.
    #[cfg_attr(
        not(target_os = "linux"),
        allow(dead_code, reason = "only there is memory looked at")
    )]
    Kept(Hidden),
}

#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) number: u64,
    pub(super) need: Need,
    /// Live when this one is.
    pub(super) memory: Vec<Range<usize>>,
}

/// Those who are not known to be alive.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    all: HashMap<Key, Candidate>,
    /// Who is alive when a pointer is found; nobody, but the pointer matters: the key `None`.
    wanted: HashMap<Hidden, Vec<Option<Key>>>,
    found: HashSet<Hidden>,
}

impl Candidates {
    pub(super) fn put(&mut self, key: Key, candidate: Candidate) {
        match &candidate.need {
            Need::Pointer(to) => {
                for pointer in to {
                    self.wanted.entry(*pointer).or_default().push(Some(key));
                }
            }
            Need::All(holders) | Need::Any(holders) => {
                for guard in holders.iter().filter_map(|holder| holder.guard) {
                    self.wanted.entry(guard).or_default().push(None);
                }
            }
        }
        self.all.insert(key, candidate);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// A pointer was found in live memory; gives what is live because of that.
    #[inline]
    pub(super) fn points_to(&mut self, pointer: Hidden) -> Vec<Range<usize>> {
        let Some(keys) = self.wanted.remove(&pointer) else { return Vec::new() };
        self.found.insert(pointer);
        let alive = keys.into_iter().flatten().filter_map(|key| self.all.remove(&key));
        alive.flat_map(|candidate| candidate.memory).collect()
    }

    /// Who is alive because those it waits for are; gives what is live because of that.
    pub(super) fn go_on(&mut self) -> Vec<Range<usize>> {
        let stuck = |holder: &Holder| {
            let waits = |id| self.all.contains_key(&Key::Goroutine(id));
            let gone = |guard: Hidden| !self.found.contains(&guard);
            holder.goroutine.is_none_or(waits) && holder.guard.is_none_or(gone)
        };
        let goes_on = |candidate: &Candidate| match &candidate.need {
            Need::Pointer(_) => false,
            Need::All(holders) => !holders.iter().any(stuck),
            Need::Any(holders) => !holders.iter().all(stuck),
        };
        let alive: Vec<Key> =
            self.all.iter().filter(|(_, c)| goes_on(c)).map(|(key, _)| *key).collect();
        let alive = alive.into_iter().filter_map(|key| self.all.remove(&key));
        alive.flat_map(|candidate| candidate.memory).collect()
    }

    /// Every pointer is there.
    pub(super) fn find_all(&mut self) {
        let wanted: Vec<Hidden> = self.wanted.keys().copied().collect();
        wanted.into_iter().for_each(|pointer| _ = self.points_to(pointer));
    }

    /// Takes away whoever is alive when nothing more is found in memory.
    pub(super) fn settle(&mut self) {
        let mut count = usize::MAX;
        while self.all.len() < count {
            count = self.all.len();
            self.go_on();
        }
    }

    /// Those who are left.
    pub(super) fn stuck(self) -> Vec<Stuck> {
        let all = &self.all;
        let stuck = all.iter().filter_map(|(key, candidate)| {
            let Key::Goroutine(id) = *key else { return None };
            let because_of = match &candidate.need {
                Need::Pointer(_) => Vec::new(),
                Need::All(holders) | Need::Any(holders) => holders
                    .iter()
                    .filter_map(|holder| holder.goroutine)
                    .filter(|id| all.contains_key(&Key::Goroutine(*id)))
                    .collect(),
            };
            Some(Stuck { id, number: candidate.number, because_of })
        });
        stuck.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates(needs: &[(u64, Need)]) -> Candidates {
        let mut all = Candidates::default();
        for (id, need) in needs {
            let candidate = Candidate { number: 1, need: need.clone(), memory: Vec::new() };
            all.put(Key::Goroutine(*id), candidate);
        }
        all
    }

    fn left(mut all: Candidates, found: &[usize]) -> Vec<u64> {
        found.iter().for_each(|pointer| _ = all.points_to(Hidden::hide(*pointer)));
        all.settle();
        let mut ids: Vec<u64> = all.stuck().into_iter().map(|stuck| stuck.id).collect();
        ids.sort_unstable();
        ids
    }

    fn pointer(to: usize) -> Need {
        Need::Pointer(vec![Hidden::hide(to)])
    }

    fn holder(id: u64) -> Holder {
        Holder { goroutine: Some(id), guard: None }
    }

    fn all(ids: &[u64]) -> Need {
        Need::All(ids.iter().map(|id| holder(*id)).collect())
    }

    #[test]
    fn who_waits_for_the_dead_is_dead() {
        // 2 waits for a lock that 1 has, which waits for a channel.
        let needs = [(1, pointer(64)), (2, all(&[1]))];
        assert_eq!(left(candidates(&needs), &[]), [1, 2]);
        assert_eq!(left(candidates(&needs), &[64]), []);
        // Two that wait for each other, and one that waits for one who runs.
        let needs = [(1, all(&[2])), (2, all(&[1])), (3, all(&[4]))];
        assert_eq!(left(candidates(&needs), &[]), [1, 2]);
    }

    #[test]
    fn one_is_enough_or_is_not() {
        let holders = || vec![holder(1), holder(9)];
        let needs = [(1, pointer(64)), (2, Need::All(holders())), (3, Need::Any(holders()))];
        assert_eq!(left(candidates(&needs), &[]), [1, 2], "9 gives its permits back");
    }

    #[test]
    fn a_guard_that_was_left_somewhere() {
        let guard = Some(Hidden::hide(640));
        let needs = [(1, Need::All(vec![Holder { goroutine: None, guard }]))];
        assert_eq!(left(candidates(&needs), &[]), [1]);
        assert_eq!(left(candidates(&needs), &[640]), []);
    }

    #[test]
    fn looks_agree_with_their_reasons() {
        let stuck =
            |id, because_of: &[u64]| Stuck { id, number: 1, because_of: because_of.to_vec() };
        let before = vec![stuck(1, &[]), stuck(2, &[1]), stuck(3, &[2])];
        assert_eq!(both(before.clone(), &before), before);
        let now = [Stuck { number: 2, ..stuck(1, &[]) }, stuck(2, &[1]), stuck(3, &[2])];
        assert_eq!(both(before, &now), [], "1 went on meanwhile, and so may the others");
    }
}
