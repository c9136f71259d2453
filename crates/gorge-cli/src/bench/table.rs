//! The report as a table for people.
//!
//! ```text
//! 1 processor, ns                      gorge       go    tokio        may   of the best   goal
//! yield, two goroutines a processor     10.1     92.8     71.3       37.2     0.27 may    0.40 met
//!                                  9.9..10.4  92..101   70..74   36.9..41
//! ```
//!
//! A figure in parentheses is of an operation that does less than the row says;
//! it is not compared. What else is to be said stands below the tables.

use super::report::{GORGE, Measured, Outcome, Report};
use super::rows::Row;
use super::serve;
use super::stats::Spread;

/// The whole text; `dim` is what comes before and after the lesser lines.
pub(crate) fn text(report: &Report, dim: (&str, &str)) -> String {
    let mut text = String::new();
    for procs in report.plan.all_procs() {
        if report.rows(procs).next().is_some() {
            text += &table(report, procs, dim);
            text += "\n";
        }
    }
    text + &remarks(report)
}

fn table(report: &Report, procs: usize, dim: (&str, &str)) -> String {
    let plural = if procs == 1 { "" } else { "s" };
    let mut lines = vec![vec![format!("{procs} processor{plural}, ns")]];
    lines[0].extend(report.systems.iter().map(|system| system.to_string()));
    let compared = report.systems.len() > 1;
    if compared {
        lines[0].extend(["of the best".to_owned(), "goal".to_owned()]);
    }
    for row in report.rows(procs) {
        let mut medians = vec![row.title.to_owned()];
        let mut spreads = vec![String::new()];
        for system in &report.systems {
            let (median, spread) = cell(&report.outcome(row, procs, system));
            medians.push(median);
            spreads.push(spread);
        }
        if compared {
            medians.extend(verdict(report, row, procs));
        }
        lines.extend([medians, spreads]);
    }
    aligned(&lines, dim)
}

fn cell(outcome: &Outcome<'_>) -> (String, String) {
    match outcome {
        Outcome::Measured(Measured { ns, series, .. }) => {
            let median = number(ns.median);
            let median = if series.offer.aside { format!("({median})") } else { median };
            (median, range(ns))
        }
        Outcome::Failed(_) => ("failed".to_owned(), String::new()),
        Outcome::Nothing(_) => ("none".to_owned(), String::new()),
    }
}

fn verdict(report: &Report, row: &Row, procs: usize) -> [String; 2] {
    let Some(it) = report.comparison(row, procs) else { return [String::new(), String::new()] };
    let met = if it.met { "met" } else { "missed" };
    [format!("{} {}", number(it.ratio), it.best), format!("{:.2} {met}", row.goal)]
}

/// Everything below the tables: what is counted beside time, which way of
/// working a figure is of, what it differs in, and what is not there.
fn remarks(report: &Report) -> String {
    let mut remarks = Remarks(Vec::new());
    let mut remark = |text, row: &Row| remarks.add(text, row.name);
    let mut memory = Memory(Vec::new());
    for procs in report.plan.all_procs() {
        for row in report.rows(procs) {
            for system in &report.systems {
                match report.outcome(row, procs, system) {
                    Outcome::Measured(it) => {
                        let offer = &it.series.offer;
                        if !offer.variant.is_empty() {
                            remark(format!("{system}, {}", offer.variant), row);
                        }
                        if !offer.note.is_empty() {
                            remark(format!("{system}: {}", offer.note), row);
                        }
                        if let Some(bytes) = it.bytes {
                            memory.add(row, format!("{system} {:.0}", bytes.median));
                        }
                    }
                    Outcome::Failed(why) => remark(format!("{system} failed: {why}"), row),
                    Outcome::Nothing(why) => remark(format!("{system} has none: {why}"), row),
                }
            }
        }
    }
    let mut text = String::new();
    for (row, figures) in memory.0 {
        let each = match serve::load_of(row.work) {
            Some(_) => {
                format!("connection ({}; without the pages of the program's file)", row.name)
            }
            None => "parked goroutine".to_owned(),
        };
        text += &format!("resident bytes for each {each}: {}\n", figures.join(", "));
    }
    if report.plan.rows.iter().any(|row| row.work == "million") && report.plan.crowd != 1_000_000 {
        text += &format!("a million is {} here\n", report.plan.crowd);
    }
    let column = |said: &str| report.systems.iter().position(|system| said.starts_with(system));
    remarks.0.sort_by_key(|(said, _)| column(said));
    for (said, rows) in remarks.0 {
        text += &format!("{said} ({})\n", rows.join(", "));
    }
    for (peer, why) in &report.missing {
        text += &format!("{peer} is missing: {why}\n");
    }
    let Report { plan, .. } = report;
    let (rounds, millis) = (plan.rounds, plan.budget.as_millis());
    let plural = if rounds == 1 { "" } else { "s" };
    text + &format!("{rounds} run{plural} of {millis} ms each: medians, below them least..most\n")
}

/// The memory of each system, row by row.
struct Memory<'a>(Vec<(&'a Row, Vec<String>)>);

impl<'a> Memory<'a> {
    fn add(&mut self, row: &'a Row, figure: String) {
        match self.0.iter_mut().find(|(earlier, _)| earlier.name == row.name) {
            Some((_, figures)) => figures.push(figure),
            None => self.0.push((row, vec![figure])),
        }
    }
}

/// What is to be said, each with the rows of which it is true.
struct Remarks(Vec<(String, Vec<&'static str>)>);

impl Remarks {
    fn add(&mut self, said: String, row: &'static str) {
        match self.0.iter_mut().find(|(earlier, _)| *earlier == said) {
            Some((_, rows)) if rows.contains(&row) => {}
            Some((_, rows)) => rows.push(row),
            None => self.0.push((said, vec![row])),
        }
    }
}

/// Three digits that mean something, without an exponent.
pub(crate) fn number(value: f64) -> String {
    match value {
        v if v < 10.0 => format!("{v:.2}"),
        v if v < 100.0 => format!("{v:.1}"),
        v => format!("{v:.0}"),
    }
}

fn range(spread: &Spread) -> String {
    format!("{}..{}", number(spread.min), number(spread.max))
}

/// Columns as wide as their widest cell: the first to the left, the verdict's to
/// the left, figures to the right. Every second line after the heading is dim.
fn aligned(lines: &[Vec<String>], dim: (&str, &str)) -> String {
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..lines[0].len()).map(width).collect();
    let figures = lines.iter().map(|line| line.len()).min().unwrap_or(0);
    let mut text = String::new();
    for (i, line) in lines.iter().enumerate() {
        let mut padded = String::new();
        for (column, cell) in line.iter().enumerate() {
            let width = widths[column];
            padded += &match column {
                0 => format!("{cell:<width$}"),
                c if c < figures => format!("  {cell:>width$}"),
                _ => format!("  {cell:<width$}"),
            };
        }
        let padded = padded.trim_end();
        let lesser = i > 0 && i % 2 == 0;
        let (before, after) = if lesser && !padded.is_empty() { dim } else { ("", "") };
        text += &format!("{before}{padded}{after}\n");
    }
    text
}

/// The rows and the peers there are, for `--list`.
pub(crate) fn list(rows: &[&'static Row], peers: &[&str]) -> String {
    let mut lines: Vec<String> =
        rows.iter().map(|row| format!("{:<18} {}", row.name, row.title)).collect();
    lines.push(String::new());
    lines.push(format!("{GORGE} is measured alone, or --against any of: {}", peers.join(", ")));
    lines.join("\n") + "\n"
}
