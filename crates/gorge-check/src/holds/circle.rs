//! Who can never go on, found at the moment when the last of them begins to wait.
//!
//! Who waits for a lock, or for an end, waits for each of those who have it: one of them that cannot go
//! on is enough. Who waits for permits goes on when enough of them come back, from whomever. So a
//! deadlock is a set of those who wait, none of whom can go on even if everybody outside of it gave back all he has:
//! often a circle, in which each waits for the next.

use std::collections::{HashMap, HashSet};

use gorge_base::probe::Op;

use super::world::{Blocker, Wait, Who, World};

/// One of those who cannot go on.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) who: Who,
    pub(super) wait: Wait,
    /// Others of them, for whom it waits: enough of these to see that it cannot go on.
    pub(super) blockers: Vec<Blocker>,
}

impl World {
    /// Those who cannot go on because `who` waits, which is the first of them: each waits for others of them.
    pub(super) fn circle(&self, who: Who) -> Option<Vec<Step>> {
        let mut permits = false;
        self.ring(who, &mut permits).or_else(|| if permits { self.knot(who) } else { None })
    }

    /// Those for whom somebody waits, as far as they may be unable to go on.
    fn waits_for(&self, who: Who, wait: Wait) -> Vec<Blocker> {
        if wait.op == Op::Acquire { self.keepers(wait) } else { self.blockers(who, wait) }
    }

    /// A circle in which each waits for the next, which is reason enough, and the last for the first.
    /// `permits` when there is more to be looked at: somebody waits for permits of several.
    fn ring(&self, who: Who, permits: &mut bool) -> Option<Vec<Step>> {
        // Each was reached by way of the one noted.
        let mut reached: HashMap<Who, (Who, Step)> = HashMap::new();
        let mut next = vec![who];
        while let Some(one) = next.pop() {
            let Some(wait) = self.wait_of(one) else { continue };
            let all = self.waits_for(one, wait);
            for blocker in &all {
                let mut blockers = vec![*blocker];
                if wait.op == Op::Acquire {
                    blockers =
                        all.iter().filter(|other| other.who == blocker.who).copied().collect();
                    if enough_are_left(wait, &blockers) {
                        *permits = true;
                        continue;
                    }
                }
                let step = Step { who: one, wait, blockers };
                if blocker.who == who {
                    let mut circle = vec![step];
                    let mut at = one;
                    while at != who {
                        let (before, step) = &reached[&at];
                        circle.push(step.clone());
                        at = *before;
                    }
                    circle.reverse();
                    return Some(circle);
                }
                reached.entry(blocker.who).or_insert_with(|| {
                    next.push(blocker.who);
                    (one, step)
                });
            }
        }
        None
    }

    /// A set of which nobody can go on, if `who` is one of those who keep it from going on.
    fn knot(&self, who: Who) -> Option<Vec<Step>> {
        let mut steps: HashMap<Who, Step> = HashMap::new();
        let mut next = vec![who];
        while let Some(one) = next.pop() {
            let Some(wait) = self.wait_of(one).filter(|_| !steps.contains_key(&one)) else {
                continue;
            };
            let blockers = self.waits_for(one, wait);
            next.extend(blockers.iter().map(|blocker| blocker.who));
            steps.insert(one, Step { who: one, wait, blockers });
        }
        // Whoever can go on is taken away, and then whoever can because of that.
        loop {
            let there: HashSet<Who> = steps.keys().copied().collect();
            steps.values_mut().for_each(|step| step.blockers.retain(|b| there.contains(&b.who)));
            steps.retain(|_, step| match step.wait.op {
                Op::Acquire => !enough_are_left(step.wait, &step.blockers),
                _ => !step.blockers.is_empty(),
            });
            if steps.len() == there.len() {
                break;
            }
        }
        // From `who`, by way of as few as give a reason.
        let mut knot: Vec<Step> = Vec::new();
        let mut next = vec![who];
        let mut comes_back = false;
        while let Some(one) = next.pop() {
            if knot.iter().any(|step| step.who == one) {
                continue;
            }
            let mut step = steps.get(&one)?.clone();
            let mut kept = 1;
            while step.wait.op == Op::Acquire && enough_are_left(step.wait, &step.blockers[..kept])
            {
                kept += 1;
            }
            step.blockers.truncate(kept);
            comes_back |= step.blockers.iter().any(|blocker| blocker.who == who);
            next.extend(step.blockers.iter().rev().map(|blocker| blocker.who));
            knot.push(step);
        }
        comes_back.then_some(knot)
    }
}

/// Whether as many permits as are waited for are not with those `keepers`.
fn enough_are_left(wait: Wait, keepers: &[Blocker]) -> bool {
    let kept = keepers.iter().map(|blocker| blocker.permits).sum();
    // What nobody knows of is there.
    wait.permits.size.saturating_sub(kept) >= wait.permits.wanted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::holds::world::{Permits, Share};
    use gorge_base::probe::Hold;
    use std::panic::Location;

    const A: Who = Who::Goroutine(1);
    const B: Who = Who::Goroutine(2);
    const C: Who = Who::Goroutine(3);
    const D: Who = Who::Goroutine(4);

    fn share(who: Who, how: Hold) -> Share {
        Share::new(who, how, Location::caller(), 0)
    }

    fn wait(op: Op, object: usize) -> Wait {
        Wait::new(op, object, Location::caller(), 0)
    }

    fn world(holds: &[(Who, usize, Hold)], waits: &[(Who, Op, usize)]) -> World {
        let mut world = World::default();
        for &(who, object, how) in holds {
            world.holds(object, share(who, how));
        }
        for &(who, op, object) in waits {
            world.waits(who, wait(op, object));
            world.queues(who, object, true);
        }
        world
    }

    /// `wanted` of the `size` permits of `object`.
    fn permits(object: usize, wanted: usize, size: usize) -> Wait {
        Wait { permits: Permits { wanted, size }, ..wait(Op::Acquire, object) }
    }

    fn circle(world: &World, who: Who) -> Option<Vec<Who>> {
        world.circle(who).map(|circle| circle.into_iter().map(|step| step.who).collect())
    }

    #[test]
    fn circles_are_found() {
        let held = [(A, 10, Hold::Alone), (B, 20, Hold::Alone), (C, 30, Hold::Alone)];
        let mut all = world(&held, &[(A, Op::Lock, 20), (B, Op::Lock, 30)]);
        assert_eq!(circle(&all, A), None);
        all.waits(C, wait(Op::Lock, 10));
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
        let writer = [(B, Op::WriteLock, 10), (A, Op::ReadLock, 10)];
        assert_eq!(circle(&world(&read, &writer), A), Some(vec![A, B]));
    }

    #[test]
    fn who_was_let_in_does_not_wait_for_who_comes_after() {
        // A and B read from now on, but A has not run yet; C wants to write, behind both.
        let held = [(B, 10, Hold::Shared), (A, 20, Hold::Alone)];
        let waits = [(A, Op::ReadLock, 10), (C, Op::WriteLock, 10), (B, Op::Lock, 20)];
        assert_eq!(circle(&world(&held, &waits), B), None);
        let waits = [(C, Op::WriteLock, 10), (A, Op::ReadLock, 10), (B, Op::Lock, 20)];
        assert_eq!(circle(&world(&held, &waits), B), Some(vec![B, A, C]));
    }

    #[test]
    fn who_was_let_in_does_not_wait_for_who_came_before() {
        // C has come first, to write; but it is the readers' turn, A's and B's, and A does not know yet.
        let held = [(A, 20, Hold::Alone)];
        let waits = [(C, Op::WriteLock, 10), (A, Op::ReadLock, 10)];
        let mut all = world(&held, &waits);
        all.let_in(A, 10);
        all.holds(10, share(B, Hold::Shared));
        all.waits(B, wait(Op::Lock, 20));
        assert_eq!(circle(&all, B), None);
        let mut all = world(&held, &waits);
        all.let_in(A, 30);
        all.holds(10, share(B, Hold::Shared));
        all.waits(B, wait(Op::Lock, 20));
        assert_eq!(circle(&all, B), Some(vec![B, A, C]));
    }

    #[test]
    fn who_is_about_to_queue_is_in_front_of_nobody() {
        let held = [(A, 20, Hold::Alone), (B, 10, Hold::Shared)];
        let mut all = world(&held, &[(C, Op::WriteLock, 10), (A, Op::ReadLock, 10)]);
        all.queues(C, 10, false);
        all.waits(B, wait(Op::Lock, 20));
        assert_eq!(circle(&all, B), None);
    }

    #[test]
    fn who_gave_it_away_does_not_hold_it() {
        let mut all = world(&[(A, 10, Hold::Alone)], &[]);
        all.lets_go(B, 10, Hold::Alone);
        all.holds(10, share(A, Hold::Alone));
        all.waits(A, wait(Op::Lock, 10));
        assert_eq!(circle(&all, A), None);
    }

    #[test]
    fn permits_come_back_from_anybody() {
        // Of three permits A, B and C have one each; A and B want one more, C goes on.
        let held = [A, B, C].map(|who| (who, 10, Hold::Permits(1)));
        let mut all = world(&held, &[]);
        all.waits(A, permits(10, 1, 3));
        all.waits(B, permits(10, 1, 3));
        assert_eq!(circle(&all, B), None);
        all.waits(C, permits(10, 1, 3));
        let found = circle(&all, C).map(|mut all| {
            all.sort_unstable();
            all
        });
        assert_eq!(found, Some(vec![A, B, C]));
        // One that nobody has is enough for all; and so is one of which nobody knows who has it.
        let mut all = world(&held, &[]);
        [A, B, C].into_iter().for_each(|who| all.waits(who, permits(10, 1, 4)));
        assert_eq!(circle(&all, C), None);
    }

    #[test]
    fn who_got_what_he_waited_for_waits_no_longer() {
        // A got the one that C gave back, and has not told yet that it goes on.
        let mut all = world(&[A, B].map(|who| (who, 10, Hold::Permits(1))), &[]);
        all.waits(A, permits(10, 1, 3));
        all.holds(10, share(A, Hold::Permits(1)));
        all.waits(B, permits(10, 1, 3));
        assert_eq!(circle(&all, B), None);
        all.goes_on(A, 10);
        assert_eq!(circle(&all, B), None);
        all.waits(A, permits(10, 1, 3));
        assert!(all.circle(A).is_some());
    }

    #[test]
    fn who_only_waits_for_those_is_not_one_of_them() {
        let held = [A, B].map(|who| (who, 10, Hold::Permits(1)));
        let mut all = world(&held, &[]);
        all.waits(A, permits(10, 1, 2));
        all.waits(B, permits(10, 1, 2));
        all.waits(D, permits(10, 1, 2));
        assert!(all.circle(B).is_some());
        assert_eq!(circle(&all, D), None, "it was told when B waited");
    }

    #[test]
    fn many_are_wanted_of_one_who_has_few() {
        // A has one of three, B has a lock; B wants all three, A wants the lock.
        let mut all = world(&[(A, 10, Hold::Permits(1)), (B, 20, Hold::Alone)], &[]);
        all.waits(A, wait(Op::Lock, 20));
        all.waits(B, permits(10, 2, 3));
        assert_eq!(circle(&all, B), None);
        all.goes_on(B, 10);
        all.waits(B, permits(10, 3, 3));
        assert_eq!(circle(&all, B), Some(vec![B, A]));
    }

    #[test]
    fn permits_that_may_have_been_given_away_are_nobodys() {
        let mut all = world(&[(A, 10, Hold::Permits(1))], &[]);
        all.waits(A, Wait { given: 1, ..permits(10, 1, 1) });
        assert_eq!(circle(&all, A), None);
        all.goes_on(A, 10);
        all.waits(A, permits(10, 1, 1));
        assert_eq!(circle(&all, A), Some(vec![A]));
        all.travels(10);
        assert_eq!(circle(&all, A), None);
    }
}
