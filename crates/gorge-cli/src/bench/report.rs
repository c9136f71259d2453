//! What the session comes to, before it is a table or JSON: for every row and
//! system one outcome, for every row the best peer and how Gorge compares.

use super::contestant::Contestant;
use super::rows::Row;
use super::run::{Plan, Series};
use super::stats::Spread;

/// The name under which Gorge's own figures go.
pub(crate) const GORGE: &str = "gorge";

/// Instead of a work's name: why a system has nothing for all that it says nothing else of.
const ALL_OTHERS: &str = "*";

/// Everything that was measured.
#[derive(Debug)]
pub(crate) struct Report {
    /// What was asked for.
    pub plan: Plan,
    /// The systems, Gorge first.
    pub systems: Vec<&'static str>,
    /// Peers that were asked for and are not there, and why.
    pub missing: Vec<(&'static str, String)>,
    /// All runs.
    pub series: Vec<Series>,
    /// (system, work, why) of works that a system has nothing for.
    pub nones: Vec<(&'static str, String, String)>,
}

/// What one system did in one row.
#[derive(Debug, PartialEq)]
pub(crate) enum Outcome<'a> {
    /// Measured; where it has several ways of working, by the fastest.
    Measured(Measured<'a>),
    /// Tried, and why there is nothing.
    Failed(&'a str),
    /// It has nothing for this row.
    Nothing(&'a str),
}

/// One figure of the table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Measured<'a> {
    /// Nanoseconds for each operation.
    pub ns: Spread,
    /// Resident bytes for each goroutine, where counted.
    pub bytes: Option<Spread>,
    /// The runs behind it.
    pub series: &'a Series,
}

/// Gorge beside the best peer of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Comparison {
    /// The peer.
    pub best: &'static str,
    /// Gorge's median by the peer's.
    pub ratio: f64,
    /// Whether that is within the row's goal.
    pub met: bool,
}

impl Report {
    /// Of what `contestants` and the `missing` peers came to.
    pub(crate) fn new(
        plan: Plan,
        contestants: &[Contestant],
        missing: Vec<(&'static str, String)>,
        series: Vec<Series>,
    ) -> Report {
        let nones = contestants
            .iter()
            .flat_map(|system| {
                let nones = system.nones.iter();
                nones.map(|(work, why)| (system.name, work.clone(), why.clone()))
            })
            .collect();
        let systems = contestants.iter().map(|contestant| contestant.name).collect();
        Report { plan, systems, missing, series, nones }
    }

    /// The rows that were measured with `procs` processors.
    pub(crate) fn rows(&self, procs: usize) -> impl Iterator<Item = &'static Row> {
        self.plan.rows.iter().copied().filter(move |row| self.plan.wants(row, procs))
    }

    /// What `system` did in `row` with `procs` processors.
    pub(crate) fn outcome(&self, row: &Row, procs: usize, system: &str) -> Outcome<'_> {
        let mine = || {
            let all = self.series.iter();
            all.filter(|s| s.row == row.name && s.procs == procs && s.system == system)
        };
        let fastest = mine().filter_map(Measured::of).min_by(|a, b| {
            let aside = a.series.offer.aside.cmp(&b.series.offer.aside);
            aside.then(a.ns.median.total_cmp(&b.ns.median))
        });
        if let Some(fastest) = fastest {
            return Outcome::Measured(fastest);
        }
        if let Some(why) = mine().find_map(|series| series.failure.as_deref()) {
            return Outcome::Failed(why);
        }
        let none = |of: &str| self.nones.iter().find(|(s, work, _)| *s == system && work == of);
        let none = none(row.work).or_else(|| none(ALL_OTHERS));
        Outcome::Nothing(none.map_or("no such row", |(_, _, why)| why))
    }

    /// Gorge by the best peer, where both have a figure that counts.
    pub(crate) fn comparison(&self, row: &Row, procs: usize) -> Option<Comparison> {
        let Outcome::Measured(gorge) = self.outcome(row, procs, GORGE) else { return None };
        let peers = self.systems.iter().filter(|system| **system != GORGE);
        let counting = peers.filter_map(|peer| match self.outcome(row, procs, peer) {
            Outcome::Measured(it) if !it.series.offer.aside => Some((*peer, it.ns.median)),
            _ => None,
        });
        let (best, median) = counting.min_by(|a, b| a.1.total_cmp(&b.1))?;
        let ratio = gorge.ns.median / median;
        Some(Comparison { best, ratio, met: ratio <= row.goal })
    }

    /// Whether every row has a figure of Gorge's own.
    pub(crate) fn gorge_is_complete(&self) -> bool {
        let measured = |row, procs| matches!(self.outcome(row, procs, GORGE), Outcome::Measured(_));
        let all = self.plan.all_procs();
        all.into_iter().all(|procs| self.rows(procs).all(|row| measured(row, procs)))
    }
}

impl<'a> Measured<'a> {
    fn of(series: &'a Series) -> Option<Measured<'a>> {
        let bytes = Spread::of(&series.bytes);
        Spread::of(&series.ns).map(|ns| Measured { ns, bytes, series })
    }
}
