//! Who holds what, and who waits for what, at one moment.
//!
//! Objects are known by their addresses inverted: a look for pointers (see `leaks`) finds none here.
//!
//! Permits wander: who has taken some may have given them to somebody else. So who waits for permits is
//! part of no circle; `leaks` knows more.

use std::collections::HashMap;

use gorge_base::probe::{Hold, Op, Place};

/// A goroutine, by its number; a plain thread, by the address of its record.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) enum Who {
    Goroutine(u64),
    Thread(usize),
}

/// What somebody waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Wait {
    pub(super) op: Op,
    pub(super) object: usize,
    pub(super) at: Place,
    /// Which wait it is, of all there ever were.
    pub(super) number: u64,
}

/// A share of an object that somebody has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Share {
    pub(super) who: Who,
    pub(super) how: Hold,
    pub(super) at: Place,
}

/// Why somebody waits: for whom, and what that one has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Blocker {
    pub(super) who: Who,
    /// Where it took what is waited for; `None`: it only waits for it too, in
    /// front, as a writer does whom a reader must not pass.
    pub(super) since: Option<Place>,
}

#[derive(Default)]
struct Object {
    shares: Vec<Share>,
    waiting: Vec<Who>,
    /// It was let go by somebody who did not take it: its holder is not known.
    travels: bool,
}

/// All that is held and waited for.
#[derive(Default)]
pub(super) struct World {
    objects: HashMap<usize, Object>,
    waits: HashMap<Who, Wait>,
    waited: u64,
    /// Signals of conditions for which nobody waited: the last one of each.
    unheard: HashMap<usize, Signal>,
}

/// Somebody signalled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Signal {
    pub(super) who: Who,
    pub(super) at: Place,
}

impl World {
    pub(super) fn waits(&mut self, who: Who, op: Op, object: usize, at: Place) {
        self.waited += 1;
        let wait = Wait { op, object, at, number: self.waited };
        self.waits.insert(who, wait);
        self.objects.entry(wait.object).or_default().waiting.push(who);
    }

    pub(super) fn goes_on(&mut self, who: Who, object: usize) {
        self.waits.remove(&who);
        if let Some(entry) = self.objects.get_mut(&object) {
            entry.waiting.retain(|other| *other != who);
            self.tidy(object);
        }
    }

    pub(super) fn holds(&mut self, object: usize, share: Share) {
        self.objects.entry(object).or_default().shares.push(share);
    }

    pub(super) fn lets_go(&mut self, who: Who, object: usize, how: Hold) {
        let Some(entry) = self.objects.get_mut(&object) else { return };
        let is_mine = |share: &Share| share.who == who && share.how == how;
        match entry.shares.iter().rposition(is_mine) {
            Some(index) => _ = entry.shares.swap_remove(index),
            // Somebody gave it away, and nobody can tell who.
            None if !entry.shares.is_empty() => {
                entry.travels = true;
                entry.shares.clear();
            }
            None => {}
        }
        self.tidy(object);
    }

    fn tidy(&mut self, object: usize) {
        let idle =
            |entry: &Object| entry.shares.is_empty() && entry.waiting.is_empty() && !entry.travels;
        if self.objects.get(&object).is_some_and(idle) {
            self.objects.remove(&object);
        }
    }

    pub(super) fn travels(&mut self, object: usize) {
        self.objects.entry(object).or_default().travels = true;
    }

    pub(super) fn signals(&mut self, object: usize, woken: usize, signal: Signal) {
        if woken == 0 {
            self.unheard.insert(object, signal);
        } else {
            self.unheard.remove(&object);
        }
    }

    /// The last signal of a condition, if nobody heard it.
    pub(super) fn unheard(&self, object: usize) -> Option<Signal> {
        self.unheard.get(&object).copied()
    }

    pub(super) fn gone(&mut self, object: usize) {
        self.objects.remove(&object);
        self.unheard.remove(&object);
    }

    /// All who wait.
    pub(super) fn all_waits(&self) -> impl Iterator<Item = (Who, Wait)> {
        self.waits.iter().map(|(who, wait)| (*who, *wait))
    }

    pub(super) fn wait_of(&self, who: Who) -> Option<Wait> {
        self.waits.get(&who).copied()
    }

    /// Each of those without whom `wait` will not end.
    pub(super) fn blockers(&self, who: Who, wait: Wait) -> Vec<Blocker> {
        if wait.op == Op::Join {
            // SAFETY: who joins has a handle, which keeps the record.
            let number = unsafe { gorge_sched::number_of(!wait.object) };
            return vec![Blocker { who: Who::Goroutine(number), since: None }];
        }
        let Some(entry) = self.objects.get(&wait.object).filter(|entry| !entry.travels) else {
            return Vec::new();
        };
        let alone = entry.shares.iter().any(|share| share.how == Hold::Alone);
        if wait.op == Op::ReadLock && !alone {
            // Others read, and it must wait all the same: for the writers in front. (If there are none it was let
            // in, and has not come to run since: who came after it does not matter to it.)
            let writes = |other: &&Who| {
                self.wait_of(**other).is_some_and(|wait| wait.op == Op::Lock) && **other != who
            };
            let in_front = entry.waiting.iter().take_while(|one| **one != who).filter(writes);
            return in_front.map(|&who| Blocker { who, since: None }).collect();
        }
        let blocker = |share: &Share| Blocker { who: share.who, since: Some(share.at) };
        entry.shares.iter().map(blocker).collect()
    }

    /// A circle that `who` is part of: each waits for the next, the last for the
    /// first.
    pub(super) fn circle(&self, who: Who) -> Option<Vec<(Who, Wait, Blocker)>> {
        // Each was reached by way of the one noted.
        let mut reached: HashMap<Who, (Who, Wait, Blocker)> = HashMap::new();
        let mut next = vec![who];
        while let Some(one) = next.pop() {
            let Some(wait) = self.wait_of(one).filter(|wait| wait.op != Op::Acquire) else {
                continue;
            };
            for blocker in self.blockers(one, wait) {
                if blocker.who == who {
                    let mut circle = vec![(one, wait, blocker)];
                    while circle.last().is_some_and(|step| step.0 != who) {
                        circle.push(reached[&circle[circle.len() - 1].0]);
                    }
                    circle.reverse();
                    return Some(circle);
                }
                reached.entry(blocker.who).or_insert_with(|| {
                    next.push(blocker.who);
                    (one, wait, blocker)
                });
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::Location;

    const A: Who = Who::Goroutine(1);
    const B: Who = Who::Goroutine(2);
    const C: Who = Who::Goroutine(3);

    fn world(holds: &[(Who, usize, Hold)], waits: &[(Who, Op, usize)]) -> World {
        let at = Location::caller();
        let mut world = World::default();
        for &(who, object, how) in holds {
            world.holds(object, Share { who, how, at });
        }
        for &(who, op, object) in waits {
            world.waits(who, op, object, at);
        }
        world
    }

    fn circle(world: &World, who: Who) -> Option<Vec<Who>> {
        world.circle(who).map(|circle| circle.into_iter().map(|step| step.0).collect())
    }

    #[test]
    fn circles_are_found() {
        let held = [(A, 10, Hold::Alone), (B, 20, Hold::Alone), (C, 30, Hold::Alone)];
        let mut all = world(&held, &[(A, Op::Lock, 20), (B, Op::Lock, 30)]);
        assert_eq!(circle(&all, A), None);
        all.waits(C, Op::Lock, 10, Location::caller());
        assert_eq!(circle(&all, C), Some(vec![C, A, B]));
        all.lets_go(B, 20, Hold::Alone);
        assert_eq!(circle(&all, C), None);
    }

    #[test]
    fn one_may_wait_for_itself() {
        assert_eq!(circle(&world(&[(A, 10, Hold::Alone)], &[(A, Op::Lock, 10)]), A), Some(vec![A]));
        // Reading twice is fine, unless somebody who wants to write came between.
        let read = [(A, 10, Hold::Shared)];
        assert_eq!(circle(&world(&read, &[(A, Op::ReadLock, 10)]), A), None);
        let writer = [(B, Op::Lock, 10), (A, Op::ReadLock, 10)];
        assert_eq!(circle(&world(&read, &writer), A), Some(vec![A, B]));
    }

    #[test]
    fn who_was_let_in_does_not_wait_for_who_comes_after() {
        // A and B read from now on, but A has not run yet; C wants to write, behind both.
        let held = [(B, 10, Hold::Shared), (A, 20, Hold::Alone)];
        let waits = [(A, Op::ReadLock, 10), (C, Op::Lock, 10), (B, Op::Lock, 20)];
        assert_eq!(circle(&world(&held, &waits), B), None);
        let waits = [(C, Op::Lock, 10), (A, Op::ReadLock, 10), (B, Op::Lock, 20)];
        assert_eq!(circle(&world(&held, &waits), B), Some(vec![B, A, C]));
    }

    #[test]
    fn who_gave_it_away_does_not_hold_it() {
        let mut all = world(&[(A, 10, Hold::Alone)], &[]);
        all.lets_go(B, 10, Hold::Alone);
        all.holds(10, Share { who: A, how: Hold::Alone, at: Location::caller() });
        all.waits(A, Op::Lock, 10, Location::caller());
        assert_eq!(circle(&all, A), None);
    }

    #[test]
    fn a_signal_that_nobody_heard() {
        let mut all = World::default();
        let signal = Signal { who: B, at: Location::caller() };
        all.signals(10, 0, signal);
        assert_eq!(all.unheard(10), Some(signal));
        all.signals(10, 1, signal);
        assert_eq!(all.unheard(10), None);
    }
}
