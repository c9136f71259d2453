//! Making a failing schedule plainer: fewer switches, earlier, until nothing can be
//! left out.
//!
//! Each attempt leaves some decisions out (they become plain) and runs the program. What comes after
//! may then mean something else; that does no harm, because what counts is
//! whether the run fails in the same way, and what it then decided.

use std::time::{Duration, Instant};

use gorge_sched::bubble::End;

use super::player::Player;
use super::run::{Program, alike, play_once};
use super::schedule::Decision;
use super::strategy::Replay;

/// No more attempts, and no longer, than this. (In thread mode a goroutine is a thread that is started.)
const ATTEMPTS: u32 = 2000;
const ATTEMPTS_OF_THREADS: u32 = 50;
const TIME: Duration = Duration::from_secs(2);

type Turns = Vec<(usize, u32)>;

pub(crate) struct Shrinker<'a> {
    pub(crate) program: &'a Program,
    pub(crate) player: &'a mut Option<Box<Player>>,
    pub(crate) end: &'a End,
    began: Instant,
    attempts: u32,
}

impl<'a> Shrinker<'a> {
    pub(crate) fn new(
        program: &'a Program,
        player: &'a mut Option<Box<Player>>,
        end: &'a End,
    ) -> Shrinker<'a> {
        Shrinker { program, player, end, began: Instant::now(), attempts: 0 }
    }

    /// The plainest schedule found that fails like `decisions`.
    pub(crate) fn shrink(&mut self, decisions: &[Decision]) -> Turns {
        let mut best = (turns(decisions), decisions.len());
        loop {
            let before = best.clone();
            let mut size = best.0.len().div_ceil(2);
            while size > 0 && !best.0.is_empty() {
                let mut from = 0;
                while from < best.0.len() {
                    let mut less = best.0.clone();
                    less.drain(from..(from + size).min(less.len()));
                    match self.attempt(less) {
                        Some(found) if plainer(&found, &best) => best = found,
                        Some(_) | None => from += size,
                    }
                    if self.is_over() {
                        return best.0;
                    }
                }
                size /= 2;
            }
            if best == before {
                return best.0;
            }
        }
    }

    fn is_over(&self) -> bool {
        let most = match gorge_sched::mode() {
            gorge_sched::Mode::Fiber => ATTEMPTS,
            _ => ATTEMPTS_OF_THREADS,
        };
        self.attempts >= most || self.began.elapsed() > TIME
    }

    /// What a run with these turns decided, if it fails as it should.
    fn attempt(&mut self, turns_: Turns) -> Option<(Turns, usize)> {
        self.attempts += 1;
        let strategy = Box::new(Replay::lenient(turns_));
        let bad = play_once(self.program, self.player, strategy, false)?;
        let decisions = &self.player.as_ref()?.decisions;
        alike(&bad.end, self.end).then(|| (turns(decisions), decisions.len()))
    }
}

fn plainer(a: &(Turns, usize), b: &(Turns, usize)) -> bool {
    (a.0.len(), a.1) < (b.0.len(), b.1)
}

fn turns(decisions: &[Decision]) -> Turns {
    let all = decisions.iter().map(|decision| decision.taken).enumerate();
    all.filter(|(_, taken)| *taken != 0).collect()
}
