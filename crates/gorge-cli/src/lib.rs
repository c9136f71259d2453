//! The `gorge` command: a tour of concurrent programs that check themselves, a
//! word count that reads its files on goroutines, and benchmarks.
//!
//! This library is the command and nothing else; depend on `gorge` instead. It
//! exists so that the command's tests can reach the tour ([`tour`]).

pub mod bench;
mod out;
pub mod tour;
mod usage;
mod wc;

use clap::{CommandFactory, Parser, Subcommand};
use std::process::ExitCode;

/// Go's concurrency for Rust: a tour, a word count, benchmarks
///
/// Without a command this is `gorge tour`.
#[derive(Debug, Parser)]
#[command(name = "gorge", version, arg_required_else_help = false)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Tour(tour::Args),
    Wc(wc::Args),
    Bench(bench::Args),
}

/// Runs the command that the process was started as.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage::report(&error, Cli::command()),
    };
    match cli.command.unwrap_or_else(|| Command::Tour(tour::Args::default())) {
        Command::Tour(args) => tour::run(&args),
        Command::Wc(args) => wc::run(&args),
        Command::Bench(args) => bench::run(&args),
    }
}
