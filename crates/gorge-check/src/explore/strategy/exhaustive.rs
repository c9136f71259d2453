//! All schedules, maybe within a bound on preemptions: a walk through the tree of decisions, depth
//! first.
//!
//! Nothing is left out, as [`Reduced`](super::Reduced) does: with a bound the one schedule that would stand for others
//! may be beyond it.

use super::question::{Question, Strategy, Way};

/// A decision on the way from the root to where we are.
#[derive(Debug)]
struct Node {
    ways: Vec<Way>,
    taken: usize,
    /// Taking anything but the first is a preemption; and how many there were before.
    stays: bool,
    preemptions: u32,
    print: u64,
}

#[derive(Debug)]
pub(crate) struct Exhaustive {
    bound: u32,
    nodes: Vec<Node>,
    depth: usize,
    preemptions: u32,
    bounded: bool,
    parted: Option<usize>,
    spare: Vec<Vec<Way>>,
}

impl Exhaustive {
    /// Schedules with so many preemptions at most.
    pub(crate) fn new(bound: u32) -> Exhaustive {
        Exhaustive {
            bound,
            nodes: Vec::new(),
            depth: 0,
            preemptions: 0,
            bounded: false,
            parted: None,
            spare: Vec::new(),
        }
    }

    /// The decision that comes next: as it was, or a new one. `None`: it is another one than before.
    fn node(&mut self, ways: &[Way], stays: bool, print: u64, at: usize) -> Option<usize> {
        if self.parted.is_some() {
            return None;
        }
        if let Some(node) = self.nodes.get(self.depth) {
            if node.print != print || node.ways != ways {
                self.parted = Some(at);
                return None;
            }
        } else {
            let mut own = self.spare.pop().unwrap_or_default();
            own.clear();
            own.extend_from_slice(ways);
            let preemptions = self.preemptions;
            self.nodes.push(Node { ways: own, taken: 0, stays, preemptions, print });
        }
        let taken = self.nodes[self.depth].taken;
        self.depth += 1;
        self.preemptions += u32::from(stays && taken > 0);
        Some(taken)
    }
}

impl Strategy for Exhaustive {
    fn begin(&mut self) {
        self.depth = 0;
        self.preemptions = 0;
        self.parted = None;
    }

    fn choose(&mut self, question: &Question<'_>) -> usize {
        if question.ways.len() < 2 {
            return 0;
        }
        self.node(question.ways, question.stays, question.print, question.at).unwrap_or(0)
    }

    fn value(&mut self, n: u32, at: usize, print: u64) -> u32 {
        // What they stand for does not matter.
        let ways = vec![Way::Time; n as usize];
        self.node(&ways, false, print, at).unwrap_or(0) as u32
    }

    fn end(&mut self, _: usize) -> bool {
        // The next path: the deepest decision at which something is left to try.
        self.nodes.truncate(self.depth);
        while let Some(mut node) = self.nodes.pop() {
            let may_turn = !node.stays || node.preemptions < self.bound;
            self.bounded |= !may_turn;
            if may_turn && node.taken + 1 < node.ways.len() {
                node.taken += 1;
                self.nodes.push(node);
                return true;
            }
            self.spare.push(node.ways);
        }
        false
    }

    fn is_bounded(&self) -> bool {
        self.bounded
    }

    fn parted(&self) -> Option<usize> {
        self.parted
    }
}
