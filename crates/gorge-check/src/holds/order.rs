//! In which order locks are taken: a graph, in which an arrow goes from a lock to
//! one that was taken while it was held. A circle of arrows is a deadlock that may
//! come, even if it did not come this time.

use std::collections::{HashMap, HashSet};

use gorge_base::probe::Place;

use super::world::Who;

/// One time that the second lock was taken while the first was held.
#[derive(Clone, Debug)]
pub(super) struct Arrow {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) who: Who,
    pub(super) held_since: Place,
    pub(super) taken_at: Place,
    /// What else was held.
    gates: Vec<usize>,
}

/// What each holds, in order, and all arrows.
#[derive(Default)]
pub(super) struct LockOrder {
    held: HashMap<Who, Vec<(usize, Place)>>,
    arrows: HashMap<usize, HashMap<usize, Arrow>>,
}

impl LockOrder {
    /// Notes that `who` has taken `object`; gives circles that are new, each as
    /// its arrows.
    pub(super) fn takes(&mut self, who: Who, object: usize, at: Place) -> Vec<Vec<Arrow>> {
        let held = self.held.entry(who).or_default();
        let before = held.clone();
        held.push((object, at));
        let mut circles = Vec::new();
        for &(from, held_since) in before.iter().filter(|(from, _)| *from != object) {
            if self.arrows.get(&from).is_some_and(|arrows| arrows.contains_key(&object)) {
                continue;
            }
            let gates = before.iter().map(|(other, _)| *other).filter(|o| *o != from).collect();
            let arrow = Arrow { from, to: object, who, held_since, taken_at: at, gates };
            circles.extend(self.way_back(&arrow));
            self.arrows.entry(from).or_default().insert(object, arrow);
        }
        circles
    }

    /// `who` lets go of `object`, which it held alone; or somebody else, who gave it away.
    pub(super) fn lets_go(&mut self, who: Who, object: usize) {
        let has = |held: &Vec<(usize, Place)>| held.iter().any(|(other, _)| *other == object);
        let who = match self.held.get(&who).is_some_and(has) {
            true => who,
            false => match self.held.iter().find(|(_, held)| has(held)) {
                Some((other, _)) => *other,
                None => return,
            },
        };
        if let Some(held) = self.held.get_mut(&who) {
            if let Some(index) = held.iter().rposition(|(other, _)| *other == object) {
                held.remove(index);
            }
            if held.is_empty() {
                self.held.remove(&who);
            }
        }
    }

    pub(super) fn gone(&mut self, object: usize) {
        if self.arrows.is_empty() {
            return;
        }
        self.arrows.remove(&object);
        self.arrows.values_mut().for_each(|arrows| _ = arrows.remove(&object));
    }

    /// A circle of `last` and arrows that are there already. None of which two were
    /// drawn by one goroutine, or under one lock: these cannot meet.
    fn way_back(&self, last: &Arrow) -> Option<Vec<Arrow>> {
        let mut seen = HashSet::from([last.to]);
        let mut ways = vec![vec![last.clone()]];
        while let Some(way) = ways.pop() {
            let end = way.last().map_or(last.to, |arrow| arrow.to);
            for arrow in self.arrows.get(&end).into_iter().flat_map(HashMap::values) {
                let meets = way.iter().all(|other| {
                    other.who != arrow.who && !other.gates.iter().any(|g| arrow.gates.contains(g))
                });
                if !meets {
                    continue;
                }
                let mut longer = way.clone();
                longer.push(arrow.clone());
                if arrow.to == last.from {
                    return Some(longer);
                }
                if seen.insert(arrow.to) {
                    ways.push(longer);
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::Location;

    fn takes(order: &mut LockOrder, who: u64, locks: &[usize]) -> usize {
        let who = Who::Goroutine(who);
        let circles =
            locks.iter().map(|&lock| order.takes(who, lock, Location::caller()).len()).sum();
        locks.iter().for_each(|&lock| order.lets_go(who, lock));
        circles
    }

    #[test]
    fn the_other_way_round_is_noticed() {
        let mut order = LockOrder::default();
        assert_eq!(takes(&mut order, 1, &[10, 20]), 0);
        assert_eq!(takes(&mut order, 2, &[20, 30]), 0);
        assert_eq!(takes(&mut order, 3, &[10, 20, 30]), 0);
        assert_eq!(takes(&mut order, 3, &[30, 10]), 1);
        assert_eq!(takes(&mut order, 4, &[30, 10]), 0, "told once");
    }

    #[test]
    fn what_was_given_away_is_not_held() {
        let mut order = LockOrder::default();
        let at = Location::caller();
        order.takes(Who::Goroutine(1), 10, at);
        order.lets_go(Who::Goroutine(2), 10);
        assert_eq!(takes(&mut order, 1, &[20]), 0);
        assert_eq!(takes(&mut order, 3, &[20, 10]), 0, "goroutine 1 has not taken both");
    }

    #[test]
    fn not_under_a_common_lock_nor_by_one_alone() {
        let mut order = LockOrder::default();
        takes(&mut order, 1, &[1, 10, 20]);
        assert_eq!(takes(&mut order, 2, &[1, 20, 10]), 0);
        takes(&mut order, 3, &[30, 40]);
        assert_eq!(takes(&mut order, 3, &[40, 30]), 0);
    }
}
