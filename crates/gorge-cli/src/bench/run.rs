//! The session: short runs, one at a time, round after round.
//!
//! A noisy minute on the machine must not fall on one system alone. So a round
//! runs every system once for a row before it goes to the next row, and all
//! rows before the next round begins; what is reported is the median over the
//! rounds. A system that fails once is not run again.

use super::contestant::{Contestant, Offer};
use super::measure::Job;
use super::rows::Row;
use std::time::Duration;

/// How much is measured.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// The rows.
    pub rows: Vec<&'static Row>,
    /// The numbers of processors; each row's own when there are none.
    pub procs: Vec<usize>,
    /// How often everything is run.
    pub rounds: usize,
    /// How long one run is.
    pub budget: Duration,
    /// How many goroutines a crowd has.
    pub crowd: usize,
}

impl Plan {
    /// Whether `row` is measured with `procs` processors.
    pub(crate) fn wants(&self, row: &Row, procs: usize) -> bool {
        let own = if self.procs.is_empty() { row.procs } else { &self.procs };
        own.contains(&procs)
    }

    /// All numbers of processors, fewest first.
    pub(crate) fn all_procs(&self) -> Vec<usize> {
        let own = self.rows.iter().flat_map(|row| row.procs).copied();
        let mut all: Vec<usize> =
            if self.procs.is_empty() { own.collect() } else { self.procs.clone() };
        all.sort_unstable();
        all.dedup();
        all
    }

    fn wants_work(&self, work: &str, procs: usize) -> bool {
        self.rows.iter().any(|row| row.work == work && self.wants(row, procs))
    }
}

/// All runs of one row in one system.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Series {
    /// The system.
    pub system: &'static str,
    /// With how many processors.
    pub procs: usize,
    /// The row's name.
    pub row: &'static str,
    /// How the system did it.
    pub offer: Offer,
    /// Nanoseconds for each operation, round by round.
    pub ns: Vec<f64>,
    /// Resident bytes for each goroutine, round by round, where counted.
    pub bytes: Vec<f64>,
    /// Why there is nothing to show.
    pub failure: Option<String>,
}

/// One short run that recurs every round, and where its figures go.
struct Turn<'a> {
    contestant: &'a Contestant,
    offer: &'a Offer,
    procs: usize,
    series: Vec<Series>,
    failed: bool,
}

/// Runs everything. `before` is told before each run how many are done, how many
/// there are, and what comes now.
pub(crate) fn run(
    plan: &Plan,
    contestants: &[Contestant],
    mut before: impl FnMut(usize, usize, &str),
) -> Vec<Series> {
    let mut turns = turns(plan, contestants);
    let total = turns.len() * plan.rounds;
    for round in 0..plan.rounds {
        let first = round * turns.len();
        for (i, turn) in turns.iter_mut().enumerate() {
            let (system, work) = (turn.contestant.name, &turn.offer.work);
            before(first + i, total, &format!("{work} on {system}, {} processors", turn.procs));
            turn.take(plan);
        }
    }
    turns.into_iter().flat_map(|turn| turn.series).collect()
}

fn turns<'a>(plan: &Plan, contestants: &'a [Contestant]) -> Vec<Turn<'a>> {
    let mut turns: Vec<Turn<'a>> = Vec::new();
    for procs in plan.all_procs() {
        let mut done: Vec<&str> = Vec::new();
        for row in plan.rows.iter().filter(|row| plan.wants_work(row.work, procs)) {
            if done.contains(&row.work) {
                continue;
            }
            done.push(row.work);
            for contestant in contestants {
                let offers = contestant.offers.iter().filter(|offer| offer.work == row.work);
                turns.extend(offers.map(|offer| Turn::new(plan, contestant, offer, procs)));
            }
        }
    }
    turns
}

impl<'a> Turn<'a> {
    fn new(plan: &Plan, contestant: &'a Contestant, offer: &'a Offer, procs: usize) -> Self {
        let rows = plan.rows.iter().filter(|row| row.work == offer.work);
        let series = rows.map(|row| Series {
            system: contestant.name,
            procs,
            row: row.name,
            offer: offer.clone(),
            ns: Vec::new(),
            bytes: Vec::new(),
            failure: None,
        });
        Turn { contestant, offer, procs, series: series.collect(), failed: false }
    }

    fn take(&mut self, plan: &Plan) {
        if self.failed {
            return;
        }
        let job = Job { procs: self.procs, budget: plan.budget, crowd: plan.crowd };
        match self.contestant.run(self.offer, &job) {
            Ok(samples) => {
                for sample in samples {
                    for series in self.series.iter_mut().filter(|series| series.row == sample.row) {
                        series.ns.push(sample.ns_per_op);
                        series.bytes.extend(sample.bytes);
                    }
                }
            }
            Err(why) => {
                self.failed = true;
                self.series.iter_mut().for_each(|series| series.failure = Some(why.clone()));
            }
        }
    }
}
