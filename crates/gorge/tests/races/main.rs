//! The race detector: for each kind of bug a program that has it, whose race is found, and its
//! twin without it, of which nothing is said; and what the report looks like.

#[path = "../ending/mod.rs"]
mod ending;
mod pairs;
mod reports;

use std::process::ExitCode;

fn main() -> ExitCode {
    let cases: Vec<_> = pairs::CASES.iter().chain(reports::CASES).copied().collect();
    ending::main(&cases)
}
