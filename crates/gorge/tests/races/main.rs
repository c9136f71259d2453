//! The race detector: for each kind of bug a program that has it, whose race is found, and its
//! twin without it, of which nothing is said; and what the report looks like.

#[path = "../ending/mod.rs"]
mod ending;

mod channels;
mod failing;
mod form;
mod in_tests;
mod lives;
mod locks;
mod planted;
mod reports;

use std::process::ExitCode;

fn main() -> ExitCode {
    let all = [
        channels::CASES,
        locks::CASES,
        lives::CASES,
        reports::CASES,
        in_tests::CASES,
        form::CASES,
        failing::CASES,
    ];
    let cases: Vec<_> = all.into_iter().flatten().copied().collect();
    ending::main(&cases)
}
