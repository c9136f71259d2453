//! The report, its table and its JSON, from figures that are made up.

use crate::bench::contestant::Offer;
use crate::bench::report::{Outcome, Report};
use crate::bench::run::{Plan, Series};
use crate::bench::stats::Spread;
use crate::bench::{json, rows, table};
use serde_json::{Value, json};
use std::time::Duration;

fn series(system: &'static str, row: &'static str, ns: &[f64]) -> Series {
    let offer = Offer { work: row.to_owned(), ..Offer::default() };
    let (ns, bytes) = (ns.to_vec(), Vec::new());
    Series { system, procs: 1, row, offer, ns, bytes, failure: None }
}

fn report(filter: &str, series: Vec<Series>) -> Report {
    let rows = rows::select(Some(filter)).unwrap();
    let budget = Duration::from_millis(100);
    let plan = Plan { rows, procs: vec![1], rounds: 3, budget, crowd: 1_000_000 };
    let mut systems: Vec<&str> = series.iter().map(|series| series.system).collect();
    systems.dedup();
    Report { plan, systems, missing: Vec::new(), series, nones: Vec::new() }
}

/// Gorge, a peer with two ways of working, one that does less, one that failed.
fn sample() -> Report {
    let mut slower = series("kanal", "yield", &[200.0]);
    slower.offer.variant = "thread".to_owned();
    let mut faster = series("kanal", "yield", &[40.0, 38.0, 42.0]);
    faster.offer.variant = "async".to_owned();
    let mut less = series("may", "yield", &[1.0]);
    less.offer.aside = true;
    less.offer.note = "no check".to_owned();
    let mut failed = series("go", "yield", &[]);
    failed.failure = Some("exit status: 2".to_owned());
    let gorge = series("gorge", "yield", &[10.0, 9.0, 30.0]);
    let mut report = report("yield", vec![gorge, failed, less, slower, faster]);
    report.systems.push("crossbeam");
    report.nones.push(("crossbeam", "yield".to_owned(), "threads only".to_owned()));
    report.missing.push(("tokio", "cargo not found".to_owned()));
    report
}

#[test]
fn spread() {
    let of = |values: &[f64]| Spread::of(values).map(|s| (s.median, s.min, s.max));
    assert_eq!(of(&[]), None);
    assert_eq!(of(&[7.0]), Some((7.0, 7.0, 7.0)));
    assert_eq!(of(&[3.0, 1.0, 10.0]), Some((3.0, 1.0, 10.0)));
    assert_eq!(of(&[4.0, 1.0, 10.0, 2.0]), Some((3.0, 1.0, 10.0)));
}

#[test]
fn the_fastest_way_of_working_counts_and_what_does_less_does_not() {
    let report = sample();
    let row = report.plan.rows[0];
    let Outcome::Measured(kanal) = report.outcome(row, 1, "kanal") else { panic!() };
    assert_eq!((kanal.ns.median, &*kanal.series.offer.variant), (40.0, "async"));
    let compared = report.comparison(row, 1).unwrap();
    assert_eq!((compared.best, compared.ratio, compared.met), ("kanal", 0.25, true));
    assert!(report.gorge_is_complete());
}

#[test]
fn a_figure_that_counts_goes_before_a_faster_one_that_does_not() {
    let mut less = series("kanal", "yield", &[1.0]);
    less.offer.aside = true;
    let all = vec![series("gorge", "yield", &[10.0]), less, series("kanal", "yield", &[20.0])];
    let report = report("yield", all);
    assert_eq!(report.comparison(report.plan.rows[0], 1).map(|it| it.ratio), Some(0.5));
}

#[test]
fn a_system_may_say_once_why_it_has_nothing_for_all_other_rows() {
    let mut report = sample();
    report.systems.extend(["locks", "rayon"]);
    report.nones.push(("locks", "*".to_owned(), "locks only".to_owned()));
    report.nones.push(("crossbeam", "*".to_owned(), "channels only".to_owned()));
    let nothing = |system| match report.outcome(report.plan.rows[0], 1, system) {
        Outcome::Nothing(why) => why,
        other => panic!("{other:?}"),
    };
    assert_eq!(nothing("locks"), "locks only");
    assert_eq!(nothing("crossbeam"), "threads only");
    assert_eq!(nothing("rayon"), "no such row");
}

#[test]
fn missed_by_a_hair() {
    let all = vec![series("gorge", "yield", &[41.0]), series("go", "yield", &[100.0])];
    let report = report("yield", all);
    assert!(!report.comparison(report.plan.rows[0], 1).unwrap().met);
    assert!(table::text(&report, ("", "")).contains("0.41 go"));
    assert!(table::text(&report, ("", "")).contains("0.40 missed"));
}

#[test]
fn gorge_without_a_figure_is_not_complete() {
    let mut failed = series("gorge", "yield", &[]);
    failed.failure = Some("killed".to_owned());
    assert!(!report("yield", vec![failed]).gorge_is_complete());
}

#[test]
fn the_table() {
    let expected = "\
1 processor, ns                         gorge      go     may       kanal  crossbeam  of the best  goal
yield, two goroutines a processor        10.0  failed  (1.00)        40.0       none  0.25 kanal   0.40 met
                                   9.00..30.0          1.00..1.00  38.0..42.0

go failed: exit status: 2 (yield)
may: no check (yield)
kanal, async (yield)
crossbeam has none: threads only (yield)
tokio is missing: cargo not found
3 runs of 100 ms each: medians, below them least..most
";
    let words = |text: &str| {
        let lines = text.lines();
        lines.map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>()
    };
    let text = table::text(&sample(), ("", ""));
    assert_eq!(words(&text), words(expected));
    // Figures end where their heading ends.
    let lines: Vec<&str> = text.lines().collect();
    let end = |line: &str, word: &str| line.find(word).unwrap() + word.len();
    assert_eq!(end(lines[0], "gorge"), end(lines[1], "10.0"));
    assert_eq!(end(lines[0], "gorge"), end(lines[2], "30.0"));
    assert_eq!(end(lines[0], "crossbeam"), end(lines[1], "none"));
    assert!(lines.iter().all(|line| line.trim_end() == *line));
}

#[test]
fn alone_there_is_nothing_to_compare_with() {
    let report = report("yield", vec![series("gorge", "yield", &[10.0])]);
    let text = table::text(&report, ("<", ">"));
    let expected = "\
1 processor, ns                         gorge
yield, two goroutines a processor        10.0
<                                   10.0..10.0>

3 runs of 100 ms each: medians, below them least..most
";
    assert_eq!(text, expected);
}

#[test]
fn a_crowd_that_is_not_a_million_is_said_and_its_memory_shown() {
    let mut crowd = series("gorge", "park-million", &[200.0]);
    crowd.bytes = vec![4500.0, 4600.0, 4700.0];
    let mut report = report("park-million", vec![crowd]);
    report.plan.crowd = 20_000;
    let text = table::text(&report, ("", ""));
    assert!(text.contains("resident bytes for each parked goroutine: gorge 4600\n"));
    assert!(text.contains("a million is 20000 here\n"));
}

#[test]
fn three_digits() {
    let shown = [0.612, 9.5, 44.04, 393.6, 46_378.2].map(table::number);
    assert_eq!(shown, ["0.61", "9.50", "44.0", "394", "46378"]);
}

#[test]
fn json_says_it_all() {
    let text = json::text(&sample());
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["rounds"], 3);
    assert_eq!(value["missing"], json!([{ "system": "tokio", "why": "cargo not found" }]));
    let row = &value["rows"][0];
    assert_eq!((&row["row"], &row["procs"]), (&json!("yield"), &json!(1)));
    assert_eq!((&row["best_peer"], &row["ratio"]), (&json!("kanal"), &json!(0.25)));
    assert_eq!((&row["goal"], &row["met"]), (&json!(0.4), &json!(true)));
    let gorge = &row["systems"][0];
    assert_eq!(gorge["ns_per_op"], json!({ "median": 10.0, "min": 9.0, "max": 30.0 }));
    assert_eq!(gorge["runs"], json!([10.0, 9.0, 30.0]));
    assert_eq!(row["systems"][1], json!({ "system": "go", "failed": "exit status: 2" }));
    assert_eq!(row["systems"][2]["compared"], false);
    assert_eq!(row["systems"][3]["variant"], "async");
    assert_eq!(row["systems"][4], json!({ "system": "crossbeam", "none": "threads only" }));
}
