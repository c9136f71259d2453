//! What is measured: one entry for each row of the table.
//!
//! A row belongs to a *work*, the program that yields its figure; two rows may
//! share one (a crowd is created and then woken in the same run). Every system
//! does the same work, under the same name.

use super::names;

/// One row of the table.
#[derive(Debug, PartialEq)]
pub(crate) struct Row {
    /// What `--rows` and `--json` call it.
    pub name: &'static str,
    /// What one operation is.
    pub title: &'static str,
    /// The program that yields it.
    pub work: &'static str,
    /// How much of the best peer's time it may take.
    pub goal: f64,
    /// With how many processors it is measured unless told.
    pub procs: &'static [usize],
}

const fn row(name: &'static str, title: &'static str, goal: f64) -> Row {
    Row { name, title, work: name, goal, procs: &[1, 2] }
}

/// A row about a million goroutines, which want the whole machine.
const fn crowd(name: &'static str, title: &'static str) -> Row {
    Row { name, title, work: "million", goal: 0.6, procs: &[2] }
}

/// A row about the longest wait of somebody for a lock, which is fair where all run at the same time.
const fn wait(name: &'static str, title: &'static str) -> Row {
    Row { procs: &[2], ..row(name, title, 2.0) }
}

/// A row of those that one work yields: about a server, or a ticker.
const fn one_of(name: &'static str, title: &'static str, work: &'static str, goal: f64) -> Row {
    Row { name, title, work, goal, procs: &[1, 2] }
}

/// A row about exploration, where one goroutine runs at a time.
const fn explored(name: &'static str, title: &'static str) -> Row {
    Row { name, title, work: name, goal: 1.0, procs: &[1] }
}

/// All rows, in the order of the table.
pub(crate) const ROWS: &[Row] = &[
    row("spawn", "spawn and join, batches of 10,000", 0.35),
    row("yield", "yield, two goroutines a processor", 0.4),
    row("ping-pong", "unbuffered ping-pong, round trip", 0.5),
    row("stream", "stream through capacity 128", 1.0),
    row("uncontended", "uncontended send and receive", 1.0),
    row("select-2-ready", "select of 2, one ready, and its send", 0.5),
    row("select-8-ready", "select of 8, one ready, and its send", 0.5),
    row("select-2-blocking", "select of 2, blocking", 0.4),
    row("select-8-blocking", "select of 8, blocking", 0.4),
    row("select-1-default", "select with default, 1 channel empty", 0.5),
    row("select-2-default", "select with default, 2 channels empty", 0.5),
    crowd("park-million", "create a million that park, each"),
    crowd("wake-million", "wake and join a million parked, each"),
    crowd("park-million-again", "the same once more in the same process: create"),
    crowd("wake-million-again", "the same once more: wake and join"),
    row("mutex-alone", "mutex, lock and unlock, uncontended", 1.1),
    row("mutex-4", "mutex, contended by 4", 1.0),
    row("mutex-64", "mutex, contended by 64", 1.0),
    wait("mutex-wait", "longest wait of 4 that hold a mutex for 1 us"),
    wait("mutex-wait-64", "longest wait of 64 that do"),
    wait("rwlock-wait", "longest wait of a writer beside 4 readers"),
    wait("semaphore-wait", "longest wait for 2 of 2 beside 4 who want 1"),
    row("rwlock", "rwlock of 4, one write in 100", 1.0),
    row("once", "once that is done", 1.1),
    row("semaphore", "semaphore of 2, contended by 4", 1.0),
    row("pool", "pool, get and put, a worker a processor", 1.0),
    row("map-read", "map of 1,000, by 4, one store in 100", 1.0),
    row("map-write", "map of 1,000, stores of 4 to their own", 1.0),
    row("group", "error group of 100, each", 1.0),
    row("context-tree", "tree of 1,000 contexts, made and cancelled, each", 1.0),
    row("echo-64", "TCP echo, 64 connections, round trip", 0.91),
    row("echo-400", "TCP echo, 400 connections, round trip", 0.91),
    one_of("serve-64", "echo server, 64 connections, a request", "serve-64", 0.91),
    one_of("serve-64-cpu", "  processor time of the server", "serve-64", 0.91),
    one_of("serve-64-p50", "  half are answered within", "serve-64", 1.0),
    one_of("serve-64-p99", "  99 of 100 are answered within", "serve-64", 1.0),
    one_of("serve-1000", "echo server, 1,000 connections, a request", "serve-1000", 0.91),
    one_of("serve-1000-cpu", "  processor time of the server", "serve-1000", 0.91),
    one_of("serve-1000-p50", "  half are answered within", "serve-1000", 1.0),
    one_of("serve-1000-p99", "  99 of 100 are answered within", "serve-1000", 1.0),
    one_of("serve-5000", "echo server, 5,000 connections, a request", "serve-5000", 0.91),
    one_of("serve-5000-cpu", "  processor time of the server", "serve-5000", 0.91),
    one_of("serve-5000-p50", "  half are answered within", "serve-5000", 1.0),
    one_of("serve-5000-p99", "  99 of 100 are answered within", "serve-5000", 1.0),
    one_of("http-64", "HTTP server, 64 connections, a request", "http-64", 0.91),
    one_of("http-64-cpu", "  processor time of the server", "http-64", 0.91),
    one_of("http-64-p50", "  half are answered within", "http-64", 1.0),
    one_of("http-64-p99", "  99 of 100 are answered within", "http-64", 1.0),
    one_of("http-1000", "HTTP server, 1,000 connections, a request", "http-1000", 0.91),
    one_of("http-1000-cpu", "  processor time of the server", "http-1000", 0.91),
    one_of("http-1000-p50", "  half are answered within", "http-1000", 1.0),
    one_of("http-1000-p99", "  99 of 100 are answered within", "http-1000", 1.0),
    one_of("hyper-64", "HTTP server on hyper, 64 connections, a request", "hyper-64", 0.91),
    one_of("hyper-64-cpu", "  processor time of the server", "hyper-64", 0.91),
    one_of("hyper-64-p50", "  half are answered within", "hyper-64", 1.0),
    one_of("hyper-64-p99", "  99 of 100 are answered within", "hyper-64", 1.0),
    one_of("hyper-1000", "HTTP server on hyper, 1,000 connections, a request", "hyper-1000", 0.91),
    one_of("hyper-1000-cpu", "  processor time of the server", "hyper-1000", 0.91),
    one_of("hyper-1000-p50", "  half are answered within", "hyper-1000", 1.0),
    one_of("hyper-1000-p99", "  99 of 100 are answered within", "hyper-1000", 1.0),
    one_of(
        "idle-10000",
        "echo server, 10,000 silent connections, the first request",
        "idle-10000",
        0.91,
    ),
    one_of(
        "late-blocking-p99",
        "ticker beside 1,000 that block for 10 ms, late",
        "late-blocking",
        1.0,
    ),
    one_of("late-blocking-max", "  at most", "late-blocking", 1.0),
    one_of("late-hogs-p99", "ticker beside 4 endless loops, late", "late-hogs", 1.0),
    one_of("late-hogs-max", "  at most", "late-hogs", 1.0),
    explored("explore-ping", "explore a ping over channels, a schedule"),
    explored("explore-mutex", "explore two that count under a mutex, a schedule"),
    explored("explore-all-mutex", "explore all their schedules"),
    explored("explore-all-dine", "explore all schedules of three philosophers"),
    row("convolve", "convolve 20,000 by 500, each", 1.05),
];

/// The rows that `filter` names: words between commas, each the name of a row or
/// a part that names have in common.
///
/// # Errors
///
/// A word that no row's name contains: the line to show.
pub(crate) fn select(filter: Option<&str>) -> Result<Vec<&'static Row>, String> {
    let Some(filter) = filter else { return Ok(ROWS.iter().collect()) };
    let mut selected = vec![false; ROWS.len()];
    for word in filter.split(',').map(str::trim) {
        let exactly = ROWS.iter().position(|row| row.name == word);
        let matches = |i: usize| match exactly {
            Some(only) => i == only,
            None => !word.is_empty() && ROWS[i].name.contains(word),
        };
        let hits: Vec<usize> = (0..ROWS.len()).filter(|&i| matches(i)).collect();
        if hits.is_empty() {
            return Err(names::unknown("row", word, ROWS.iter().map(|row| row.name)));
        }
        hits.into_iter().for_each(|i| selected[i] = true);
    }
    Ok(ROWS.iter().zip(selected).filter_map(|(row, yes)| yes.then_some(row)).collect())
}
