//! Who holds what, and who waits for what, at one moment.
//!
//! Objects are known by their addresses inverted: a look for pointers (see `leaks`) finds none here. For that no value that is
//! kept has a part which is not always written, as an enum with values has: a pointer from the stack may be left there.
//!
//! Permits wander: who has taken some may have given them to somebody else, and nobody is told. So whatever
//! somebody does by which something can go to others is counted (`given`); permits that were taken before the last such
//! thing may be anybody's.

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
    /// How many permits.
    pub(super) permits: Permits,
    /// How often who waits may have given something away before.
    pub(super) given: u64,
    /// Which wait it is, of all there ever were.
    pub(super) number: u64,
}

impl Wait {
    /// A wait that begins.
    pub(super) fn new(op: Op, object: usize, at: Place, given: u64) -> Wait {
        Wait { op, object, at, permits: Permits::default(), given, number: 0 }
    }
}

/// How many permits are waited for; none, if it is something else that is waited for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Permits {
    pub(super) wanted: usize,
    /// How many there are in all.
    pub(super) size: usize,
}

/// A share of an object that somebody has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Share {
    pub(super) who: Who,
    /// Nobody else has any of it.
    alone: bool,
    /// If these are permits: how many, else 0.
    permits: usize,
    pub(super) at: Place,
    /// How often `who` may have given something away before.
    pub(super) given: u64,
}

impl Share {
    pub(super) fn new(who: Who, how: Hold, at: Place, given: u64) -> Share {
        let (alone, permits) = in_words(how);
        Share { who, alone, permits, at, given }
    }
}

fn in_words(how: Hold) -> (bool, usize) {
    match how {
        Hold::Alone => (true, 0),
        Hold::Shared => (false, 0),
        Hold::Permits(count) => (false, count),
    }
}

/// Why somebody waits: for whom, and what that one has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Blocker {
    pub(super) who: Who,
    /// Where it took what is waited for; `None`: it only waits for it too, in
    /// front, as a writer does whom a reader must not pass.
    pub(super) since: Option<Place>,
    /// If these are permits: how many, else 0.
    pub(super) permits: usize,
}

#[derive(Default)]
struct Object {
    shares: Vec<Share>,
    waiting: Vec<Who>,
    /// Of those who wait, those who stand in the queue, in order; where that is told.
    queue: Vec<Who>,
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
    pub(super) fn waits(&mut self, who: Who, wait: Wait) {
        self.waited += 1;
        self.waits.insert(who, Wait { number: self.waited, ..wait });
        self.objects.entry(wait.object).or_default().waiting.push(who);
    }

    /// Who waits for `object` stands in the queue there from now on, or does not after all.
    pub(super) fn queues(&mut self, who: Who, object: usize, stands: bool) {
        if self.waits_at(who, object)
            && let Some(entry) = self.objects.get_mut(&object)
        {
            entry.queue.retain(|other| *other != who);
            entry.queue.extend(stands.then_some(who));
        }
    }

    pub(super) fn goes_on(&mut self, who: Who, object: usize) {
        self.waits.remove(&who);
        if let Some(entry) = self.objects.get_mut(&object) {
            entry.waiting.retain(|other| *other != who);
            entry.queue.retain(|other| *other != who);
            self.tidy(object);
        }
    }

    /// Who waits for `object` has what it waited for, and does not know yet.
    pub(super) fn let_in(&mut self, who: Who, object: usize) {
        if self.waits_at(who, object) {
            self.goes_on(who, object);
        }
    }

    fn waits_at(&self, who: Who, object: usize) -> bool {
        self.wait_of(who).is_some_and(|wait| wait.object == object)
    }

    /// Somebody has a share; if he waited for it, that is over: nobody may see him wait for what he has.
    pub(super) fn holds(&mut self, object: usize, share: Share) {
        self.let_in(share.who, object);
        self.objects.entry(object).or_default().shares.push(share);
    }

    pub(super) fn lets_go(&mut self, who: Who, object: usize, how: Hold) {
        let Some(entry) = self.objects.get_mut(&object) else { return };
        let is_mine =
            |share: &Share| share.who == who && (share.alone, share.permits) == in_words(how);
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
            return vec![Blocker { who: Who::Goroutine(number), since: None, permits: 0 }];
        }
        let Some(entry) = self.objects.get(&wait.object).filter(|entry| !entry.travels) else {
            return Vec::new();
        };
        let alone = entry.shares.iter().any(|share| share.alone);
        if wait.op == Op::ReadLock && !alone {
            // Others read, and it must wait all the same: for the writers in front, in the queue. (Who is about to be one may
            // come after it; and who was let in does not wait, though it may not have come to run since: that is told.)
            let writes = |other: &&Who| {
                self.wait_of(**other).is_some_and(|wait| wait.op == Op::WriteLock) && **other != who
            };
            let in_front = entry.queue.iter().take_while(|one| **one != who).filter(writes);
            return in_front.map(|&who| Blocker { who, since: None, permits: 0 }).collect();
        }
        entry.shares.iter().map(blocker).collect()
    }

    /// Of those who have permits that `wait` is for, who has them still: he waits himself, and has done nothing since by which
    /// they could have gone to somebody else.
    pub(super) fn keepers(&self, wait: Wait) -> Vec<Blocker> {
        let Some(entry) = self.objects.get(&wait.object).filter(|entry| !entry.travels) else {
            return Vec::new();
        };
        let keeps = |share: &&Share| {
            self.wait_of(share.who).is_some_and(|theirs| theirs.given == share.given)
        };
        entry.shares.iter().filter(keeps).map(blocker).collect()
    }
}

fn blocker(share: &Share) -> Blocker {
    Blocker { who: share.who, since: Some(share.at), permits: share.permits }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::Location;

    #[test]
    fn a_signal_that_nobody_heard() {
        let mut all = World::default();
        let signal = Signal { who: Who::Goroutine(2), at: Location::caller() };
        all.signals(10, 0, signal);
        assert_eq!(all.unheard(10), Some(signal));
        all.signals(10, 1, signal);
        assert_eq!(all.unheard(10), None);
    }
}
