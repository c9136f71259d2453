//! What a strategy is asked, and what every strategy can do.

use std::fmt::Debug;

use gorge_sched::bubble::Turn;

/// One of the possibilities.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    /// This goroutine goes on.
    Go(usize),
    /// The clock does.
    Time,
}

/// A question.
#[derive(Debug)]
pub(crate) struct Question<'a> {
    /// At least one. The first is the plain one.
    pub(crate) ways: &'a [Way],
    pub(crate) turn: &'a Turn<'a>,
    /// The first possibility is that who runs goes on; to take another one is a preemption.
    pub(crate) stays: bool,
    /// How many decisions came before. (With a single possibility there is nothing to decide.)
    pub(crate) at: usize,
    /// What the program has done until now.
    pub(crate) print: u64,
}

/// Takes decisions.
pub(crate) trait Strategy: Send + Debug {
    /// A run begins.
    fn begin(&mut self);
    /// Which of the possibilities.
    fn choose(&mut self, question: &Question<'_>) -> usize;
    /// A number below `n`, which the program leaves to chance.
    fn value(&mut self, n: u32, at: usize, print: u64) -> u32;
    /// The one who runs has taken a number that nobody enumerates.
    fn drew(&mut self) {}
    /// All waited, and time went on.
    fn time_went_on(&mut self) {}
    /// The one at `seat` could run and was passed over for so long that it goes on now, whoever was to.
    fn passed_over(&mut self, seat: usize) {
        let _ = seat;
    }
    /// The one at `seat`, who runs, goes on because `other` has ended.
    fn joined(&mut self, seat: usize, other: usize) {
        let _ = (seat, other);
    }
    /// A run has ended, after so many decisions. False: there is nothing more to try.
    fn end(&mut self, decisions: usize) -> bool {
        let _ = decisions;
        true
    }
    /// Whether something was left out because of a bound.
    fn is_bounded(&self) -> bool {
        false
    }
    /// At which decision the program did something else than before with the same schedule.
    fn parted(&self) -> Option<usize> {
        None
    }
}
