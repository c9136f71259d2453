//! The suite once more on a machine that lacks something.

use std::process::Command;

use gorge_coro::Mode;

use crate::mini::setup;

fn run_without(what: &str, tests: &[&str]) {
    if setup() != Mode::Fiber {
        return;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(tests).env("GORGE_PRETEND_WITHOUT", what);
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(!text.contains(" 0 passed"), "{text}");
}

const MOST: [&str; 8] = [
    "suite::locals",
    "suite::guards",
    "suite::panics",
    "suite::system",
    "suite::ends",
    "suite::parked",
    "suite::stress",
    "suite::memory::more_stacks",
];

#[test]
fn without_an_instruction_for_the_thread_pointer() {
    run_without("fsgsbase", &MOST);
}

#[test]
fn without_light_guards() {
    run_without("light-guards", &MOST);
}

#[test]
fn without_knowing_the_layout_of_keys() {
    run_without("compact-layout", &MOST);
}
