//! Probabilistic concurrency testing (Burckhardt and others, 2010): each goroutine
//! has a random priority, the highest runs; at `depth - 1` random moments of
//! the run who runs falls to the lowest. A bug that needs `depth` things in a certain
//! order is found in each run with a probability of at least 1 in (n k^(depth - 1)), for n goroutines and k steps.

use gorge_base::Rng;
use gorge_base::probe::Op;

use super::question::{Question, Strategy, Way};

#[derive(Debug)]
pub(crate) struct Pct {
    rng: Rng,
    depth: u32,
    /// Of each goroutine; made when it is first seen.
    priorities: Vec<u64>,
    /// The decisions at which priorities fall, in descending order.
    falls: Vec<usize>,
    /// The lowest priority that was given away.
    lowest: u64,
    /// The most decisions that a run has had.
    longest: usize,
    values: Rng,
}

impl Pct {
    pub(crate) fn new(seed: u64, depth: u32) -> Pct {
        Pct {
            rng: Rng::new(seed),
            depth: depth.max(1),
            priorities: Vec::new(),
            falls: Vec::new(),
            lowest: 0,
            longest: 8,
            values: Rng::new(seed),
        }
    }

    fn priority(&mut self, seat: usize) -> u64 {
        while self.priorities.len() <= seat {
            self.priorities.push(self.rng.next_u64() | 1 << 62);
        }
        self.priorities[seat]
    }

    fn fall(&mut self, seat: usize) {
        self.priority(seat);
        self.lowest -= 1;
        self.priorities[seat] = self.lowest;
    }
}

impl Strategy for Pct {
    fn begin(&mut self) {
        self.priorities.clear();
        self.lowest = 1 << 61;
        self.falls.clear();
        // More falls than decisions are no other schedules.
        let longest = self.longest.try_into().unwrap_or(u32::MAX);
        for _ in 1..self.depth.min(longest) {
            self.falls.push(self.rng.below(longest) as usize);
        }
        self.falls.sort_unstable_by(|a, b| b.cmp(a));
        self.values = Rng::new(self.rng.next_u64());
    }

    fn choose(&mut self, question: &Question<'_>) -> usize {
        let ways = question.ways;
        if ways.len() < 2 {
            return 0;
        }
        if let Some(current) = question.turn.current
            && question.turn.seats[current].pending.op == Some(Op::Yield)
        {
            self.fall(current);
        }
        let mut time = ways[0] == Way::Time;
        while self.falls.last().is_some_and(|fall| *fall <= question.at) {
            self.falls.pop();
            // What is to happen at this moment may as well be a timer.
            match question.turn.current {
                Some(current) if self.rng.below(4) != 0 => self.fall(current),
                _ => time = true,
            }
        }
        let last = ways.len() - 1;
        if time && ways[last] == Way::Time {
            return last;
        }
        let mut best = (0, 0);
        for (index, way) in ways.iter().enumerate() {
            if let Way::Go(seat) = *way {
                let priority = self.priority(seat);
                if priority > best.1 {
                    best = (index, priority);
                }
            }
        }
        best.0
    }

    fn value(&mut self, n: u32, _: usize, _: u64) -> u32 {
        self.values.below(n)
    }

    fn end(&mut self, decisions: usize) -> bool {
        self.longest = self.longest.max(decisions);
        true
    }
}
