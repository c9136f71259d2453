//! A random walk: at each decision each goroutine is equally likely. Time goes on
//! now and then.

use gorge_base::Rng;

use super::question::{Question, Strategy, Way};

/// Of so many decisions one lets time go on, if it can.
const TIME: u32 = 24;

#[derive(Debug)]
pub(crate) struct Random {
    rng: Rng,
    seed: u64,
    run: u64,
}

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random { rng: Rng::new(seed), seed, run: 0 }
    }

    /// This one of its runs.
    pub(crate) fn run(&mut self, run: u64) {
        self.run = run;
        // Runs do not depend on each other.
        self.rng = Rng::new(self.seed ^ run.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let _ = self.rng.next_u64();
    }
}

impl Strategy for Random {
    fn begin(&mut self) {
        self.run(self.run + 1);
    }

    fn choose(&mut self, question: &Question<'_>) -> usize {
        let n = question.ways.len();
        if n < 2 {
            return 0;
        }
        if question.ways[n - 1] != Way::Time {
            return self.rng.below(n as u32) as usize;
        }
        if self.rng.below(TIME) == 0 { n - 1 } else { self.rng.below(n as u32 - 1) as usize }
    }

    fn value(&mut self, n: u32, _: usize, _: u64) -> u32 {
        self.rng.below(n)
    }
}
