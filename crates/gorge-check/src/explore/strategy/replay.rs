//! The same schedule again: as it was told, or as far as it fits.

use super::question::{Question, Strategy};
use crate::explore::schedule::{Decision, Script, digit_of};

#[derive(Debug)]
pub(crate) struct Replay {
    script: Script,
    next: usize,
    /// Prints to be compared with, decision by decision.
    exact: Option<Vec<u64>>,
    parted: Option<usize>,
    strict: bool,
}

impl Replay {
    /// As it was told. Where the program does something else, that is noticed.
    pub(crate) fn told(script: Script) -> Replay {
        Replay { script, next: 0, exact: None, parted: None, strict: true }
    }

    /// What was just done. Where the program does something else, that is noticed at that very step.
    pub(crate) fn exactly(decisions: &[Decision]) -> Replay {
        let exact = Some(decisions.iter().map(|d| d.print).collect());
        Replay { exact, ..Replay::told(Script::of(decisions)) }
    }

    /// As far as it fits, and plain otherwise.
    pub(crate) fn lenient(turns: Vec<(usize, u32)>) -> Replay {
        let turns = turns.into_iter().map(|(at, taken)| (at, taken, 0)).collect();
        let script = Script { turns, ..Script::default() };
        Replay { strict: false, ..Replay::told(script) }
    }

    fn take(&mut self, n: u32, at: usize, print: u64) -> u32 {
        if let Some(exact) = &self.exact
            && self.parted.is_none()
            && exact.get(at) != Some(&print)
        {
            self.parted = Some(at);
        }
        match self.script.turns.get(self.next) {
            Some(&(turn, taken, digit)) if turn == at => {
                self.next += 1;
                if self.strict
                    && self.parted.is_none()
                    && (taken >= n || self.exact.is_none() && digit_of(print) != digit)
                {
                    self.parted = Some(at);
                }
                if taken < n { taken } else { 0 }
            }
            _ => 0,
        }
    }
}

impl Strategy for Replay {
    fn begin(&mut self) {
        self.next = 0;
        self.parted = None;
    }

    fn choose(&mut self, question: &Question<'_>) -> usize {
        if question.ways.len() < 2 {
            return 0;
        }
        self.take(question.ways.len() as u32, question.at, question.print) as usize
    }

    fn value(&mut self, n: u32, at: usize, print: u64) -> u32 {
        self.take(n, at, print)
    }

    fn end(&mut self, decisions: usize) -> bool {
        if self.strict && self.parted.is_none() && decisions != self.script.len {
            self.parted = Some(decisions.min(self.script.len));
        }
        false
    }

    fn parted(&self) -> Option<usize> {
        self.parted
    }
}
