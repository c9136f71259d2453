//! What happened in a run, and which of it before what.
//!
//! A step is what one goroutine (or time) did from one question to the next. It comes after its goroutine's
//! earlier ones, after those that concern it, after the one that let its goroutine run, and after the last one of
//! whom its goroutine has joined. A clock for each step says which those are.

use super::concern::About;

/// Where time stands in clocks; the goroutines follow.
pub(crate) const TIME: usize = 0;

/// One step of a run.
#[derive(Default, Debug)]
pub(crate) struct Step {
    pub(crate) who: usize,
    pub(crate) about: About,
    /// The decision it was taken at, if there was a choice.
    pub(crate) node: Option<usize>,
    /// Others that it comes after.
    pub(crate) after: Vec<usize>,
}

#[derive(Default, Debug)]
struct Clock {
    /// Which of its goroutine's steps, from 1 on.
    number: u32,
    /// Of each: how many of its steps come before this one, or are it.
    seen: Vec<u32>,
}

#[derive(Default, Debug)]
pub(crate) struct History {
    steps: Vec<Step>,
    /// Of the steps; some are left from the run before, which began alike.
    clocks: Vec<Clock>,
}

impl History {
    pub(crate) fn begin(&mut self) {
        self.steps.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.steps.len()
    }

    pub(crate) fn push(&mut self, step: Step) {
        self.steps.push(step);
    }

    pub(crate) fn step(&self, at: usize) -> &Step {
        &self.steps[at]
    }

    pub(crate) fn last_mut(&mut self) -> Option<&mut Step> {
        self.steps.last_mut()
    }

    pub(crate) fn last_of(&self, who: usize) -> Option<usize> {
        self.steps.iter().rposition(|step| step.who == who)
    }

    /// Whether `a` comes before `b`, which is later.
    fn is_before(&self, a: usize, b: usize) -> bool {
        is_known(self.steps[a].who, self.clocks[a].number, &self.clocks[b].seen)
    }

    /// Pairs that concern each other without anything that orders them, the later of which is not before `fresh`:
    /// what was before has been told.
    pub(crate) fn races(&mut self, fresh: usize) -> Vec<(usize, usize)> {
        let mut races = Vec::new();
        self.clocks.truncate(fresh);
        for at in self.clocks.len()..self.steps.len() {
            let step = &self.steps[at];
            let mut seen = Vec::new();
            if let Some(before) = self.steps[..at].iter().rposition(|other| other.who == step.who) {
                seen.clone_from(&self.clocks[before].seen);
            }
            for before in &step.after {
                join(&mut seen, &self.clocks[*before].seen);
            }
            for other in (0..at).rev() {
                let (clock, step_) = (&self.clocks[other], &self.steps[other]);
                if step_.about.concerns(step.about) && !is_known(step_.who, clock.number, &seen) {
                    races.push((other, at));
                    join(&mut seen, &clock.seen);
                }
            }
            seen.resize(seen.len().max(step.who + 1), 0);
            seen[step.who] += 1;
            self.clocks.push(Clock { number: seen[step.who], seen });
        }
        races
    }

    /// Who can begin, after what came before `first`, a run in which `second` happens but `first` does not.
    pub(crate) fn begins_without(&self, first: usize, second: usize) -> Vec<usize> {
        let between = (first + 1..second).filter(|at| !self.is_before(first, *at));
        let instead: Vec<usize> = between.chain([second]).collect();
        let mut begins = Vec::new();
        for (index, at) in instead.iter().enumerate() {
            if !instead[..index].iter().any(|before| self.is_before(*before, *at)) {
                begins.push(self.steps[*at].who);
            }
        }
        begins
    }
}

fn is_known(who: usize, number: u32, seen: &[u32]) -> bool {
    seen.get(who).copied().unwrap_or(0) >= number
}

fn join(clock: &mut Vec<u32>, other: &[u32]) {
    if clock.len() < other.len() {
        clock.resize(other.len(), 0);
    }
    for (mine, theirs) in clock.iter_mut().zip(other) {
        *mine = (*mine).max(*theirs);
    }
}
