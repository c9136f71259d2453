use crate::bench::{Args, asked, peers, rows};
use clap::Parser;
use std::time::Duration;

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    args: Args,
}

fn args(words: &[&str]) -> Args {
    Command::parse_from([&["bench"], words].concat()).args
}

fn names(filter: &str) -> Vec<&'static str> {
    rows::select(Some(filter)).unwrap().iter().map(|row| row.name).collect()
}

#[test]
fn everything_unless_told() {
    let (plan, against) = asked(&args(&[])).unwrap();
    assert_eq!(plan.rows.len(), rows::ROWS.len());
    assert_eq!((plan.rounds, plan.budget), (5, Duration::from_millis(100)));
    assert_eq!(plan.all_procs(), [1, 2]);
    assert!(against.is_empty());
}

#[test]
fn a_million_wants_two_processors_unless_told() {
    let (plan, _) = asked(&args(&["--rows", "park-million"])).unwrap();
    assert_eq!(plan.all_procs(), [2]);
    let (plan, _) = asked(&args(&["--rows", "park-million", "--procs", "1,4"])).unwrap();
    assert_eq!(plan.all_procs(), [1, 4]);
}

#[test]
fn quick_is_a_default_that_numbers_override() {
    let (plan, _) = asked(&args(&["--quick", "--rounds", "3"])).unwrap();
    assert_eq!((plan.rounds, plan.budget), (3, Duration::from_millis(10)));
    assert_eq!(plan.crowd, 20_000);
}

#[test]
fn rows_by_name_or_by_a_part_of_it() {
    assert_eq!(names("yield"), ["yield"]);
    assert_eq!(names("select-2"), ["select-2-ready", "select-2-blocking", "select-2-default"]);
    assert_eq!(names("stream, spawn"), ["spawn", "stream"]);
}

#[test]
fn an_unknown_row_is_one_line_that_says_what_there_is() {
    let message = asked(&args(&["--rows", "spwan"])).unwrap_err();
    assert!(message.starts_with("no row 'spwan' (did you mean 'spawn'?); there are spawn, "));
    assert_eq!(message.lines().count(), 1);
    let message = asked(&args(&["--rows", "yield,"])).unwrap_err();
    assert!(message.starts_with("no row ''; there are "));
}

#[test]
fn peers_in_the_order_of_the_columns() {
    assert_eq!(peers::select("kanal,go,go").unwrap(), ["go", "kanal"]);
    assert_eq!(peers::select("all").unwrap(), peers::PEERS);
}

#[test]
fn an_unknown_peer_is_one_line_that_says_what_there_is() {
    let message = asked(&args(&["--against", "tokyo"])).unwrap_err();
    let expected = "no peer 'tokyo' (did you mean 'tokio'?); \
                    there are go, tokio, may, crossbeam, kanal, locks, rayon, shuttle, loom, all";
    assert_eq!(message, expected);
    let message = asked(&args(&["--against", "erlang"])).unwrap_err();
    assert!(message.starts_with("no peer 'erlang'; there are "), "{message}");
}

#[test]
fn nothing_can_be_measured_no_times() {
    for words in [["--rounds", "0"], ["--procs", "0"], ["--millis", "0"]] {
        assert!(asked(&args(&words)).unwrap_err().contains("from 1 on"));
    }
}
