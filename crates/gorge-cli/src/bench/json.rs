//! The report as JSON for programs.

use super::report::{Measured, Outcome, Report};
use super::rows::Row;
use super::stats::Spread;
use serde_json::{Value, json};

/// One object, on many lines: `rounds`, `millis`, `crowd`, `missing` peers, and
/// under `rows` one object for every row and number of processors.
pub(crate) fn text(report: &Report) -> String {
    let procs = report.plan.all_procs();
    let rows = procs.iter().flat_map(|procs| report.rows(*procs).map(|r| row(report, r, *procs)));
    let missing = report.missing.iter().map(|(peer, why)| json!({ "system": peer, "why": why }));
    let value = json!({
        "rounds": report.plan.rounds,
        "millis": report.plan.budget.as_millis() as u64,
        "crowd": report.plan.crowd,
        "missing": missing.collect::<Vec<_>>(),
        "rows": rows.collect::<Vec<_>>(),
    });
    format!("{value:#}\n")
}

fn row(report: &Report, row: &Row, procs: usize) -> Value {
    let systems = report.systems.iter().map(|name| system(name, &report.outcome(row, procs, name)));
    let best = report.comparison(row, procs);
    json!({
        "row": row.name,
        "title": row.title,
        "procs": procs,
        "goal": row.goal,
        "systems": systems.collect::<Vec<_>>(),
        "best_peer": best.map(|it| it.best),
        "ratio": best.map(|it| it.ratio),
        "met": best.map(|it| it.met),
    })
}

fn system(name: &str, outcome: &Outcome<'_>) -> Value {
    match outcome {
        Outcome::Measured(Measured { ns, bytes, series }) => json!({
            "system": name,
            "ns_per_op": spread(ns),
            "runs": series.ns,
            "bytes": bytes.as_ref().map(spread),
            "variant": series.offer.variant,
            "note": series.offer.note,
            "compared": !series.offer.aside,
        }),
        Outcome::Failed(why) => json!({ "system": name, "failed": why }),
        Outcome::Nothing(why) => json!({ "system": name, "none": why }),
    }
}

fn spread(it: &Spread) -> Value {
    json!({ "median": it.median, "min": it.min, "max": it.max })
}
