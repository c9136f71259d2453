//! Rows about servers: a program that serves, and one thread of this program that asks.
//!
//! Server and client are processes of their own, so that what is measured is the server's. The
//! client is the same for every system: no runtime, one epoll. Each connection has one request on the
//! way, always; the next goes out when the answer has come. (`wrk` does the same over HTTP, for who would
//! like to see it confirmed; nothing has to be installed here.)
//!
//! ```text
//! PROGRAM.. serve KIND PROCS   -> 127.0.0.1:39173     until its standard input ends
//! ```
//!
//! With one processor the server has one of the machine's to itself, and the client another. What the
//! client costs is part of the time of a request, for all alike; the row with the processor time tells
//! what the server alone has used.

#[cfg(target_os = "linux")]
mod client;
mod question;
#[cfg(target_os = "linux")]
mod server;

use super::measure::Job;
use super::sample::Sample;
pub(crate) use question::{HELLO, Question};
use std::ffi::OsString;
#[cfg(target_os = "linux")]
use std::time::Instant;

/// What is asked, by how many at once.
#[derive(Debug)]
pub(crate) struct Load {
    /// The work's name, and that of its first row.
    pub work: &'static str,
    /// What is served, as the programs call it.
    pub kind: &'static str,
    /// What it is asked.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "asked on Linux only"))]
    pub question: Question,
    /// How many ask at once.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "asked on Linux only"))]
    pub connections: usize,
    /// Whether they ask once and are then silent: what is measured is the memory.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "asked on Linux only"))]
    pub idle: bool,
}

/// All loads.
pub(crate) const LOADS: &[Load] = &[
    load("serve-64", "echo", 64),
    load("serve-1000", "echo", 1_000),
    load("serve-5000", "echo", 5_000),
    load("http-64", "http", 64),
    load("http-1000", "http", 1_000),
    load("hyper-64", "hyper", 64),
    load("hyper-1000", "hyper", 1_000),
    Load { idle: true, ..load("idle-10000", "echo", 10_000) },
];

const fn load(work: &'static str, kind: &'static str, connections: usize) -> Load {
    let question = match kind.as_bytes() {
        b"echo" => Question::Echo,
        _ => Question::Http,
    };
    Load { work, kind, question, connections, idle: false }
}

/// The load that yields the figures of `work`, if it is one.
pub(crate) fn load_of(work: &str) -> Option<&'static Load> {
    LOADS.iter().find(|load| load.work == work)
}

/// Has `program` serve, asks, and says how it went.
///
/// # Errors
///
/// The program does not serve, or answers something else: what to show.
#[cfg(target_os = "linux")]
pub(crate) fn measure(program: &[OsString], load: &Load, job: &Job) -> Result<Vec<Sample>, String> {
    let server = server::Server::start(program, load.kind, job.procs)?;
    // Fewer where few goroutines are wanted: see `--quick`.
    let connections = load.connections.min(job.crowd.div_ceil(20));
    let start = Instant::now();
    let mut client = client::Client::connect(server.address, connections, load.question)
        .map_err(|why| format!("cannot connect: {why}"))?;
    let memory = || server.resident() as f64 / connections as f64;
    if load.idle {
        let each = start.elapsed().as_nanos() as f64 / connections as f64;
        return Ok(vec![Sample {
            row: load.work.to_owned(),
            ns_per_op: each,
            bytes: Some(memory()),
        }]);
    }
    client.start().map_err(|why| format!("cannot ask: {why}"))?;
    let failed = |why| format!("the server has failed: {why}");
    client.ask(job.budget / 2).map_err(failed)?;
    let before = server.cpu();
    let mut asked = client.ask(job.budget).map_err(failed)?;
    let cpu = server.cpu().saturating_sub(before);
    let memory = memory();
    let each = |time: f64| time / asked.latencies.len() as f64;
    let (time, cpu) = (each(asked.elapsed.as_nanos() as f64), each(cpu as f64));
    asked.latencies.sort_unstable();
    let at = |part: f64| asked.latencies[(asked.latencies.len() as f64 * part) as usize] as f64;
    let figure = |suffix: &str, ns_per_op, bytes| Sample {
        row: format!("{}{suffix}", load.work),
        ns_per_op,
        bytes,
    };
    Ok(vec![
        figure("", time, Some(memory)),
        figure("-cpu", cpu, None),
        figure("-p50", at(0.5), None),
        figure("-p99", at(0.99), None),
    ])
}

/// Elsewhere there is no client.
#[cfg(not(target_os = "linux"))]
pub(crate) fn measure(_: &[OsString], _: &Load, _: &Job) -> Result<Vec<Sample>, String> {
    Err("measured on Linux only".to_owned())
}
