use crate::bench::measure::{Figure, Job, crowd_figures, resident_bytes, timed};
use std::time::Duration;

const JOB: Job = Job { procs: 1, budget: Duration::from_millis(100), crowd: 10 };

#[test]
fn a_job_is_three_numbers() {
    assert_eq!(Job::parse(&["1", "100", "10"]), Some(JOB));
    for words in [&["1", "100"][..], &["0", "100", "10"], &["1", "x", "10"], &["1", "1", "1", "1"]]
    {
        assert_eq!(Job::parse(words), None, "{words:?}");
    }
}

#[test]
fn the_reported_call_fills_the_budget() {
    // A clock of our own: an operation takes 50 ns, and the first call 1 s.
    let mut calls = Vec::new();
    let figure = timed("row", &JOB, 10, |n| {
        calls.push(n);
        let once = if calls.len() == 1 { 1_000_000_000 } else { 0 };
        Duration::from_nanos(50 * n + once)
    });
    assert_eq!(figure.elapsed, Duration::from_millis(100));
    assert_eq!((figure.ops, figure.ns_per_op()), (2_000_000, 50.0));
    assert!(calls.iter().all(|n| n % 10 == 0), "{calls:?}");
    let warming: u64 = calls[..calls.len() - 1].iter().sum();
    assert!(warming < 3 * figure.ops, "{calls:?}");
}

#[test]
fn one_operation_at_least() {
    let figure = timed("row", &JOB, 7, Duration::from_secs);
    assert_eq!(figure.ops, 7);
}

#[test]
fn a_line_of_json() {
    let figure =
        Figure { row: "yield", ops: 4, elapsed: Duration::from_nanos(38), bytes: Some(4534.6) };
    let line = figure.to_string();
    assert_eq!(line, r#"{"row":"yield","ns_per_op":9.500,"ops":4,"bytes":4535}"#);
    let value: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(value["ns_per_op"], 9.5);
}

#[test]
fn a_crowd_is_two_rows() {
    let (create, wake) = (Duration::from_nanos(20), Duration::from_nanos(10));
    let figures = crowd_figures(10, create, 46_000, wake);
    assert_eq!(figures.iter().map(|f| f.row).collect::<Vec<_>>(), ["park-million", "wake-million"]);
    assert_eq!(figures.iter().map(Figure::ns_per_op).collect::<Vec<_>>(), [2.0, 1.0]);
    assert_eq!(figures[0].bytes, Some(4600.0));
}

#[test]
#[cfg(target_os = "linux")]
fn memory_that_is_touched_is_resident() {
    let before = resident_bytes();
    let block = vec![1_u8; 64 << 20];
    assert!(resident_bytes() >= before + (48 << 20));
    drop(block);
}
