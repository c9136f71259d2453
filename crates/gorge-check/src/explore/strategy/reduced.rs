//! All schedules, one for all that differ only in the order of operations which do not concern each other:
//! dynamic partial-order reduction (Flanagan, Godefroid: "Dynamic partial-order reduction for model checking software",
//! POPL 2005) by source sets (Abdulla, Aronis, Jonsson, Sagonas: "Optimal dynamic partial order reduction", POPL 2014,
//! algorithm 1) with sleep sets (Godefroid).
//!
//! A decision is first taken in one way only. When a run has ended, [`history`](super::history) shows which of its
//! steps were in a *race*: they concern each other, are by different goroutines, and nothing in between orders them.
//! Then the other order must be tried, too: at the decision before the first of them somebody is to go on with whom
//! a run can begin in which the second comes first. Whoever was tried at a decision *sleeps* in what is tried
//! there later, until something happens that concerns what he would do.
//!
//! ```text
//!   decision 3:  A goes on, it locks m        A: lock m  ---.
//!   decision 4:  C goes on, it locks n        C: lock n     | a race: B is to be tried at decision 3
//!   decision 5:  B goes on, it locks m        B: lock m  <--'  (not C: its lock concerns neither)
//! ```
//!
//! Where the theory does not reach, nothing is left out:
//! - Select, and whoever takes a number that is left to chance, concern everything. Time concerns even steps without
//!   an operation: they may look at the clock, or arm a timer. Whether time goes on is always tried both
//!   ways, and so is each value of a choice.
//! - Who lets others run (`gosched`, or has looked in vain for long) cannot go on at once although it could. So
//!   the step that leads there concerns each other step, and whoever else can is tried then.
//!
//! Invariants: the first `history.len()` steps are those of the run so far, up to where it became redundant; a node's
//! index is the same in each run that comes by it.

use super::concern::About;
use super::history::{History, Step, TIME};
use super::question::{Question, Strategy, Way};

/// Only so many goroutines can sleep; with more some schedules are run twice.
const SLEEPERS: usize = 64;

#[derive(Clone, Copy, Default, Debug)]
struct Mark {
    wanted: bool,
    done: bool,
    /// What was done turned out to concern more than was known before.
    more: bool,
}

/// A decision on the way from the root to where we are.
#[derive(Debug)]
struct Node {
    ways: Vec<Way>,
    marks: Vec<Mark>,
    taken: usize,
    /// Goroutines that need not be tried here.
    sleep: u64,
    print: u64,
    /// The step that it decides; or in which it is decided (a number).
    step: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Reduced {
    nodes: Vec<Node>,
    depth: usize,
    /// Who sleeps now; while a step is on its way, those who slept before it.
    sleep: u64,
    /// All that could go on has been tried elsewhere.
    redundant: bool,
    parted: Option<usize>,
    history: History,
    /// A step is on its way; and it has used chance.
    stepping: bool,
    drew: bool,
    /// From this step on the run is not like the one before.
    fresh: usize,
    /// Who could run when it was asked last; and which steps the next one of each comes after.
    ready: Vec<bool>,
    after: Vec<Vec<usize>>,
}

fn place(way: Way) -> usize {
    match way {
        Way::Time => TIME,
        Way::Go(seat) => seat + 1,
    }
}

fn bit(way: Way) -> u64 {
    match way {
        Way::Go(seat) if seat < SLEEPERS => 1 << seat,
        _ => 0,
    }
}

impl Reduced {
    pub(crate) fn new() -> Reduced {
        Reduced::default()
    }

    fn room_for(&mut self, seats: usize) {
        if self.ready.len() <= seats {
            self.ready.resize(seats + 1, false);
            self.after.resize_with(seats + 1, Vec::new);
        }
    }

    /// The step that was on its way has come to its end.
    fn settle(&mut self, question: Option<&Question<'_>>, yields: bool) {
        if !std::mem::take(&mut self.stepping) {
            return;
        }
        let drew = std::mem::take(&mut self.drew);
        let Some(last) = self.history.last_mut() else { return };
        let stops =
            yields && question.is_some_and(|q| q.turn.current.map(|at| at + 1) == Some(last.who));
        if stops {
            last.about = About::EachStep;
        } else if drew {
            last.about = About::Everything;
        }
        let (about, who) = (last.about, last.who);
        if let Some(node) = last.node {
            let node = &mut self.nodes[node];
            node.marks[node.taken].more = stops || drew;
        }
        let seats = question.map_or(&[][..], |question| question.turn.seats);
        let mut rest = self.sleep;
        while rest != 0 {
            let seat = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            let pending = seats.get(seat).map(|seat| About::of(&seat.pending));
            if seat + 1 == who || pending.is_none_or(|pending| pending.concerns(about)) {
                self.sleep &= !(1 << seat);
            }
        }
    }

    /// Whoever can run now, and could not before, comes after the last step.
    fn note_ready(&mut self, question: &Question<'_>) {
        let turn = question.turn;
        self.room_for(turn.seats.len());
        let can = || turn.others.iter().copied().chain(turn.current).map(|seat| seat + 1);
        if let Some(last) = self.history.len().checked_sub(1) {
            for who in can().filter(|who| !self.ready[*who]) {
                self.after[who].push(last);
            }
        }
        self.ready.fill(false);
        for who in can() {
            self.ready[who] = true;
        }
    }

    /// The decision that comes next: as it was, or a new one. `None`: it is another one than before.
    fn node(&mut self, ways: &[Way], all: bool, print: u64, at: usize) -> Option<usize> {
        let steps = self.history.len();
        if let Some(node) = self.nodes.get(self.depth) {
            if node.print != print || node.ways != ways {
                self.parted.get_or_insert(at);
                self.redundant = true;
                return None;
            }
        } else {
            let awake = |way: &Way| bit(*way) & self.sleep == 0;
            let Some(taken) = ways.iter().position(awake) else {
                self.redundant = true;
                return None;
            };
            let wanted = |way: &Way| Mark { wanted: all || *way == Way::Time, ..Mark::default() };
            let mut marks: Vec<Mark> = ways.iter().map(wanted).collect();
            marks[taken].wanted = true;
            let (ways, sleep) = (ways.to_vec(), self.sleep);
            self.nodes.push(Node { ways, marks, taken, sleep, print, step: steps });
        }
        self.depth += 1;
        Some(self.nodes[self.depth - 1].taken)
    }

    /// The step `second` is to be tried before the step `first`.
    fn reverse(&mut self, first: usize, second: usize) {
        let Some(node) = self.history.step(first).node else {
            return; // nobody else could have gone on there
        };
        let begins = self.history.begins_without(first, second);
        let last = self.history.step(second).who;
        let node = &mut self.nodes[node];
        let ways = &node.ways;
        let at = |who: usize| ways.iter().position(|way| place(*way) == who);
        let is_wanted = |at: usize| node.marks[at].wanted || bit(ways[at]) & node.sleep != 0;
        if begins.iter().filter_map(|who| at(*who)).any(is_wanted) {
            return;
        }
        let preferred = begins.iter().find(|who| **who == last).and_then(|who| at(*who));
        match preferred.or_else(|| begins.iter().find_map(|who| at(*who))) {
            Some(chosen) => node.marks[chosen].wanted = true,
            // It lets others go first at that moment: whoever can.
            None => node.marks.iter_mut().for_each(|mark| mark.wanted = true),
        }
    }
}

impl Strategy for Reduced {
    fn begin(&mut self) {
        (self.depth, self.sleep) = (0, 0);
        (self.redundant, self.parted) = (false, None);
        (self.stepping, self.drew) = (false, false);
        self.history.begin();
        self.ready.fill(false);
        self.after.iter_mut().for_each(Vec::clear);
    }

    fn choose(&mut self, question: &Question<'_>) -> usize {
        if self.redundant {
            return 0;
        }
        // Who runs could go on, but lets others do so.
        let current = question.turn.current;
        let yields = current.is_some_and(|seat| !question.ways.contains(&Way::Go(seat)));
        self.settle(Some(question), yields);
        self.note_ready(question);
        let (taken, node) = match question.ways {
            [only] => {
                if bit(*only) & self.sleep != 0 {
                    self.redundant = true;
                    return 0;
                }
                (0, None)
            }
            ways => match self.node(ways, yields, question.print, question.at) {
                Some(taken) => (taken, Some(self.depth - 1)),
                None => return 0,
            },
        };
        if let Some(node) = node {
            let node = &self.nodes[node];
            let tried = node.ways.iter().zip(&node.marks);
            let tried = tried.filter(|(_, mark)| mark.done && !mark.more);
            self.sleep = tried.fold(node.sleep, |bits, (way, _)| bits | bit(*way));
        }
        let way = question.ways[taken];
        let about = match way {
            Way::Time => About::EachStep,
            Way::Go(seat) => About::of(&question.turn.seats[seat].pending),
        };
        let after = std::mem::take(&mut self.after[place(way)]);
        self.history.push(Step { who: place(way), about, node, after });
        self.stepping = true;
        taken
    }

    fn value(&mut self, n: u32, at: usize, print: u64) -> u32 {
        if self.redundant {
            return 0;
        }
        // What they stand for does not matter: all are tried.
        let ways = vec![Way::Time; n as usize];
        let taken = self.node(&ways, true, print, at).unwrap_or(0) as u32;
        self.drew = true;
        taken
    }

    fn drew(&mut self) {
        self.drew = true;
    }

    fn time_went_on(&mut self) {
        if self.redundant {
            return;
        }
        self.settle(None, false);
        self.room_for(0);
        let after = Vec::new();
        self.history.push(Step { who: TIME, about: About::EachStep, node: None, after });
        self.ready.fill(false);
        self.stepping = true;
    }

    fn joined(&mut self, seat: usize, other: usize) {
        self.room_for(seat.max(other) + 1);
        if !self.redundant
            && let Some(last) = self.history.last_of(other + 1)
        {
            self.after[seat + 1].push(last);
        }
    }

    fn end(&mut self, _: usize) -> bool {
        self.settle(None, false);
        for (first, second) in self.history.races(self.fresh) {
            self.reverse(first, second);
        }
        // The next path: the deepest decision at which something is left that is to be tried.
        self.nodes.truncate(self.depth);
        while let Some(mut node) = self.nodes.pop() {
            node.marks[node.taken].done = true;
            let is_left = |at: &usize| {
                let mark = node.marks[*at];
                mark.wanted && !mark.done && bit(node.ways[*at]) & node.sleep == 0
            };
            if let Some(next) = (0..node.ways.len()).find(is_left) {
                node.taken = next;
                self.fresh = node.step;
                self.nodes.push(node);
                return true;
            }
        }
        false
    }

    fn parted(&self) -> Option<usize> {
        self.parted
    }
}
