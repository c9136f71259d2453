//! Probabilistic concurrency testing (Burckhardt and others, 2010): each goroutine
//! has a random priority, the highest runs; at `depth - 1` random moments of
//! the run who runs falls to the lowest. A bug that needs `depth` things in a certain
//! order is found in each run with a probability of at least 1 in (n k^(depth - 1)), for n goroutines and k steps.
//!
//! Fair, as CHESS is (Musuvathi and Qadeer, "Fair stateless model checking", 2008): who lets others run, or goes in
//! circles, falls to the lowest; who has been passed over for very long rises to the highest. So a loop ends whose end
//! somebody else brings.

use gorge_base::Rng;

use super::question::{Question, Strategy, Way};

#[derive(Debug)]
pub(crate) struct Pct {
    rng: Rng,
    depth: u32,
    /// Of each goroutine; made when it is first seen.
    priorities: Vec<u64>,
    /// The decisions at which priorities fall, in descending order.
    falls: Vec<usize>,
    /// The lowest and the highest priority that were given away.
    lowest: u64,
    highest: u64,
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
            highest: 0,
            longest: 8,
            values: Rng::new(seed),
        }
    }

    fn priority(&mut self, seat: usize) -> u64 {
        while self.priorities.len() <= seat {
            self.priorities.push(self.rng.next_u64() >> 1 | 1 << 62);
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
        (self.lowest, self.highest) = (1 << 61, 1 << 63);
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
        if let Some(current) = question.turn.current
            && !ways.contains(&Way::Go(current))
        {
            self.fall(current); // it lets others run
        }
        if ways.len() < 2 {
            return 0;
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

    fn passed_over(&mut self, seat: usize) {
        self.priority(seat);
        self.highest += 1;
        self.priorities[seat] = self.highest;
    }

    fn end(&mut self, decisions: usize) -> bool {
        self.longest = self.longest.max(decisions);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gorge_sched::bubble::Turn;

    fn goes_on(pct: &mut Pct, current: Option<usize>, ways: &[Way]) -> Way {
        let turn = Turn { current, others: &[], seats: &[], timer: false };
        ways[pct.choose(&Question { ways, turn: &turn, stays: false, at: 0, print: 0 })]
    }

    #[test]
    fn who_was_passed_over_comes_first_and_who_lets_others_run_last() {
        let all = [Way::Go(0), Way::Go(1), Way::Go(2)];
        for seed in 0..20 {
            let mut pct = Pct::new(seed, 1);
            pct.begin();
            for seat in [2, 0, 1] {
                pct.passed_over(seat);
                assert_eq!(goes_on(&mut pct, None, &all), Way::Go(seat));
            }
            // 1 lets others run, and then 0 does.
            assert_eq!(goes_on(&mut pct, Some(1), &[Way::Go(0), Way::Go(2)]), Way::Go(0));
            assert_eq!(goes_on(&mut pct, Some(0), &[Way::Go(1), Way::Go(2)]), Way::Go(2));
            assert_eq!(goes_on(&mut pct, Some(2), &[Way::Go(0), Way::Go(1)]), Way::Go(1));
        }
    }
}
