//! `gorge bench`: what the operations cost on this machine, alone or beside the
//! same work in other systems.
//!
//! Always true:
//! * Every figure comes from a child process that measures one row once, also
//!   Gorge's own: this program calls itself. So nothing that one run leaves
//!   behind (threads, memory, a warm cache) reaches the next.
//! * All systems are timed by the same code ([`measure`]) and take turns
//!   ([`run`]).
//! * What cannot be measured is a line in the output, not an end of the rest.
//!
//! ```text
//!           rows, peers        contestants            series           report
//!   Args ----------------> ask / build each ------> run in rounds ---> table, JSON
//!                          (Workshop, go)     one child process a run
//! ```

mod child;
mod contestant;
mod go_toolchain;
mod json;
pub mod measure;
mod names;
mod own;
mod peers;
mod progress;
mod report;
mod rows;
mod run;
mod sample;
mod serve;
mod stats;
mod table;

#[cfg(test)]
mod tests;

use crate::out::{self, Out};
use contestant::Contestant;
use peers::Workshop;
use progress::Progress;
use report::{GORGE, Report};
use run::Plan;
use std::fs;
use std::process::ExitCode;
use std::time::Duration;

/// Show what each operation costs on this machine
///
/// Every row is measured in several short runs, each in a process of its own.
/// With --against, the peers do the same work in turn; those that are not there
/// are built first, from the sources beside Gorge's own.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Also measure these: go, tokio, may, crossbeam, kanal, locks, rayon, shuttle, loom, or all
    #[arg(long, value_name = "PEER,..")]
    against: Option<String>,
    /// Only rows with these names, or with these in their names
    #[arg(long, value_name = "NAME,..")]
    rows: Option<String>,
    /// With how many processors [default: 1,2; 2 for the million and for waiting]
    #[arg(long, value_name = "N,..", value_delimiter = ',')]
    procs: Vec<usize>,
    /// How many runs of each row there are
    #[arg(long, value_name = "N")]
    rounds: Option<usize>,
    /// How long one run is, in milliseconds
    #[arg(long, value_name = "MS")]
    millis: Option<u64>,
    /// Few, very short runs: whether everything works, rather than how fast
    #[arg(long)]
    quick: bool,
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
    /// Show the rows and the peers there are
    #[arg(long)]
    list: bool,
    /// Do one run of Gorge's own: what this program calls itself with
    #[arg(long, hide = true, num_args = 1.., value_name = "WORD", allow_hyphen_values = true)]
    child: Vec<String>,
}

/// The name in front of messages.
const COMMAND: &str = "gorge bench";

/// Measures, prints, and says whether all of Gorge's own rows have figures.
pub fn run(args: &Args) -> ExitCode {
    if !args.child.is_empty() {
        return own::main(&args.child);
    }
    let (plan, against) = match asked(args) {
        Ok(asked) => asked,
        Err(message) => {
            out::complain(COMMAND, message.as_bytes());
            return ExitCode::from(2);
        }
    };
    let mut out = Out::new(COMMAND);
    if args.list {
        out.write(table::list(&plan.rows, peers::PEERS).as_bytes());
        return ExitCode::SUCCESS;
    }
    let report = measure_all(plan, &against);
    let dim = if out::colours() { ("\x1b[2m", "\x1b[0m") } else { ("", "") };
    let text = if args.json { json::text(&report) } else { table::text(&report, dim) };
    out.write(text.as_bytes());
    drop(out);
    if report.gorge_is_complete() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What the arguments ask for: how much to measure, against whom.
fn asked(args: &Args) -> Result<(Plan, Vec<&'static str>), String> {
    let (rounds, millis, crowd) = if args.quick { (2, 10, 20_000) } else { (5, 100, 1_000_000) };
    let rounds = args.rounds.unwrap_or(rounds);
    let millis = args.millis.unwrap_or(millis);
    if rounds == 0 || millis == 0 || args.procs.contains(&0) {
        return Err("--rounds, --millis and --procs are numbers from 1 on".to_owned());
    }
    let against = args.against.as_deref().map(peers::select).transpose()?;
    let plan = Plan {
        rows: rows::select(args.rows.as_deref())?,
        procs: args.procs.clone(),
        rounds,
        budget: Duration::from_millis(millis),
        crowd: crowd.min(most_that_fit()),
    };
    Ok((plan, against.unwrap_or_default()))
}

/// How many goroutines may park at once so that the machine keeps some memory
/// for others: each takes about a page, and a third of one for its tables.
fn most_that_fit() -> usize {
    let info = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let available = info
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|number| number.parse::<usize>().ok());
    available.map_or(usize::MAX, |kilobytes| (kilobytes / 7).max(1000))
}

fn measure_all(plan: Plan, against: &[&'static str]) -> Report {
    let mut progress = Progress::new();
    let mut contestants = Vec::new();
    let mut missing = Vec::new();
    let mut add = |name, contestant: Result<Contestant, String>| match contestant {
        Ok(contestant) => contestants.push(contestant),
        Err(why) => missing.push((name, why)),
    };
    add(GORGE, own::contestant());
    if !against.is_empty() {
        let workshop = Workshop::find();
        for peer in against {
            progress.say(&format!("building {peer}"));
            let built = workshop.as_ref().map_err(String::clone);
            add(peer, built.and_then(|workshop| workshop.build(peer)));
        }
    }
    let series = run::run(&plan, &contestants, |done, total, now| progress.show(done, total, now));
    progress.clear();
    Report::new(plan, &contestants, missing, series)
}
