//! The session, with contestants that are scripts.

use crate::bench::contestant::{Contestant, Offer};
use crate::bench::measure::Job;
use crate::bench::rows;
use crate::bench::run::{Plan, Series, run};
use std::time::Duration;

fn plan(filter: &str, procs: &[usize], rounds: usize) -> Plan {
    let rows = rows::select(Some(filter)).unwrap();
    Plan { rows, procs: procs.to_vec(), rounds, budget: Duration::from_millis(1), crowd: 100 }
}

/// A program that says `list` when asked what it can do, else runs `script`,
/// which sees its words from `$2` (the work) on.
fn contestant(name: &'static str, list: &str, script: &str) -> Result<Contestant, String> {
    let script = format!("case $1 in list) echo '{list}';; *) {script};; esac");
    Contestant::ask(name, ["sh", "-c", &script, "peer"].map(Into::into).to_vec())
}

const BOTH: &str = r#"{"row":"yield","variant":"","note":""}
{"row":"stream","variant":"","note":""}"#;

const ECHO: &str = r#"echo "{\"row\":\"$2\",\"ns_per_op\":$4,\"ops\":1}""#;

#[test]
fn a_contestant_says_what_it_can() {
    let list = r#"{"row":"yield","variant":"async","note":"slow","aside":true}
{"row":"stream","none":"no channel"}"#;
    let it = contestant("go", list, "true").unwrap();
    let (work, variant, note) = ("yield".into(), "async".into(), "slow".into());
    assert_eq!(it.offers, [Offer { work, variant, note, aside: true }]);
    assert_eq!(it.nones, [("stream".to_owned(), "no channel".to_owned())]);
}

#[test]
fn a_program_that_says_something_else_is_no_contestant() {
    assert_eq!(contestant("go", "hello", "true").unwrap_err(), "not a line of JSON: hello");
}

#[test]
fn who_serves_takes_part_in_all_rows_about_it() {
    let list = r#"{"serves":"echo","note":"as ever"}"#;
    let it = contestant("go", list, "echo nowhere").unwrap();
    let works: Vec<_> = it.offers.iter().map(|offer| offer.work.as_str()).collect();
    assert_eq!(works, ["serve-64", "serve-1000", "serve-5000", "idle-10000"]);
    assert!(it.offers.iter().all(|offer| offer.note == "as ever"));
    if cfg!(target_os = "linux") {
        let job = Job { procs: 1, budget: Duration::from_millis(1), crowd: 100 };
        assert_eq!(it.run(&it.offers[0], &job).unwrap_err(), "not an address: nowhere");
    }
}

#[test]
fn systems_take_turns_within_a_row_and_rows_within_a_round() {
    let systems = ["go", "may"].map(|name| contestant(name, BOTH, ECHO).unwrap());
    let mut order = Vec::new();
    let series = run(&plan("yield,stream", &[1, 2], 2), &systems, |done, total, now| {
        order.push(format!("{done}/{total} {now}"));
    });
    let expected: Vec<String> = (0..16)
        .map(|i| {
            let system = ["go", "may"][i % 2];
            let work = ["yield", "stream"][i / 2 % 2];
            format!("{i}/16 {work} on {system}, {} processors", i / 4 % 2 + 1)
        })
        .collect();
    assert_eq!(order, expected);
    // The script gives the number of processors it is told back as the time.
    assert_eq!(series.len(), 8);
    assert!(series.iter().all(|s| s.ns == [s.procs as f64; 2]), "{series:?}");
}

#[test]
fn gomaxprocs_is_in_the_environment() {
    let script = r#"echo "{\"row\":\"yield\",\"ns_per_op\":$GOMAXPROCS,\"ops\":1}""#;
    let go = [contestant("go", BOTH, script).unwrap()];
    let series = run(&plan("yield", &[3], 1), &go, |_, _, _| {});
    assert_eq!(series[0].ns, [3.0]);
}

#[test]
fn one_run_of_a_crowd_gives_all_its_rows() {
    let script = r#"
        echo '{"row":"park-million","ns_per_op":5,"ops":9,"bytes":4000}'
        echo '{"row":"wake-million","ns_per_op":6,"ops":9}'
        echo '{"row":"park-million-again","ns_per_op":7,"ops":9}'
        echo '{"row":"wake-million-again","ns_per_op":8,"ops":9}'"#;
    let list = r#"{"row":"million","variant":"","note":""}"#;
    let go = [contestant("go", list, script).unwrap()];
    let figures = |series: Vec<Series>| {
        series.into_iter().map(|s| (s.row, s.ns, s.bytes)).collect::<Vec<_>>()
    };
    let all = figures(run(&plan("million", &[], 1), &go, |_, _, _| {}));
    let park = ("park-million", vec![5.0], vec![4000.0]);
    let wake = ("wake-million", vec![6.0], vec![]);
    let again =
        [("park-million-again", vec![7.0], vec![]), ("wake-million-again", vec![8.0], vec![])];
    assert_eq!(all, [&[park, wake.clone()], &again[..]].concat());
    let wakes = figures(run(&plan("wake-million", &[], 1), &go, |_, _, _| {}));
    assert_eq!(wakes, [wake]);
}

#[test]
fn who_fails_is_not_run_again_and_the_others_go_on() {
    let breaks = contestant("go", BOTH, "echo 'fatal error: out of luck' >&2; exit 2").unwrap();
    let works = contestant("may", BOTH, ECHO).unwrap();
    let series = run(&plan("yield", &[1], 3), &[breaks, works], |_, _, _| {});
    assert_eq!(series[0].failure.as_deref(), Some("fatal error: out of luck"));
    assert!(series[0].ns.is_empty());
    assert_eq!((series[1].failure.as_deref(), series[1].ns.len()), (None, 3));
}
