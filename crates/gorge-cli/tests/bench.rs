//! `gorge bench` from outside: that its rows run, with figures that a program
//! can read.

use serde_json::Value;
use std::process::{Command, Output};

fn bench(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gorge")).arg("bench").args(words).output().unwrap()
}

#[test]
fn every_row_runs_and_its_sums_are_right() {
    // A run of a row asserts what it has computed, and fails when it is wrong.
    let output = bench(&["--quick", "--rounds", "1", "--json"]);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaints}{}", String::from_utf8_lossy(&output.stdout));
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = value["rows"].as_array().unwrap();
    assert_eq!(rows.len(), (11 + 12 + 2 + (3 + 4) * 4 + 1 + 2 * 2) * 2 + 5 + 4 + 3);
    for row in rows {
        let gorge = &row["systems"][0];
        assert_eq!(gorge["system"], "gorge");
        let median = gorge["ns_per_op"]["median"].as_f64().unwrap();
        // On a busy machine one operation takes as long as it is stopped; and in thread mode a thousand that block
        // are found one by one.
        assert!(median > 0.0 && median < 1e11, "{row}");
    }
    let served = rows.iter().filter(|row| row["row"].as_str().unwrap().starts_with("serve-"));
    let with_memory =
        served.filter(|row| row["systems"][0]["bytes"]["median"].as_f64() > Some(0.0));
    assert_eq!(with_memory.count(), 3 * 2);
    let parked = rows.iter().find(|row| row["row"] == "park-million").unwrap();
    assert!(parked["systems"][0]["bytes"]["median"].as_f64().is_some());
}

#[test]
fn one_row() {
    let output = bench(&["--quick", "--rows", "yield", "--json"]);
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = value["rows"].as_array().unwrap();
    let names: Vec<_> = rows.iter().map(|row| (row["row"].as_str(), &row["procs"])).collect();
    assert_eq!(names, [(Some("yield"), &1.into()), (Some("yield"), &2.into())]);
    assert_eq!(rows[0]["systems"][0]["runs"].as_array().map(Vec::len), Some(2));
}

#[test]
fn an_unknown_row_is_one_line_and_status_2() {
    let output = bench(&["--rows", "yeild"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let complaints = String::from_utf8(output.stderr).unwrap();
    let start = "gorge bench: no row 'yeild' (did you mean 'yield'?); there are spawn, ";
    assert!(complaints.starts_with(start), "{complaints}");
    assert_eq!(complaints.lines().count(), 1);
}

#[test]
fn the_list_names_rows_and_peers() {
    let output = bench(&["--list"]);
    let list = String::from_utf8(output.stdout).unwrap();
    assert!(list.contains("select-8-blocking  select of 8, blocking\n"), "{list}");
    assert!(
        list.contains("go, tokio, may, crossbeam, kanal, locks, rayon, shuttle, loom"),
        "{list}"
    );
}
