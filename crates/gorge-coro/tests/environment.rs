//! The environment variables, and what is said of values that are not allowed.
#![allow(clippy::undocumented_unsafe_blocks)] // Tests of an unsafe interface.

mod mini;

use std::process::Command;

use gorge_coro::{Hooks, default_stack_size, init};

const MARK: &str = "GORGE_TEST_ENVIRONMENT";

unsafe fn goroutine_id(_: *mut ()) -> u64 {
    0
}

/// What `init` says in a process with these variables.
fn told(variables: &[(&str, &str)]) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env_remove("GORGE_MODE")
        .env_remove("GORGE_STACK")
        .envs(variables.iter().copied())
        .env(MARK, "1")
        .output()
        .unwrap();
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn child() {
    if std::env::var_os(MARK).is_some() {
        match init(Hooks { goroutine_id }) {
            Ok(mode) => eprintln!("{mode:?} {}", default_stack_size()),
            Err(e) => eprintln!("{e}"),
        }
        assert_eq!(init(Hooks { goroutine_id }), init(Hooks { goroutine_id }));
    }
}

const USUAL: &str = if cfg!(gorge_fibers) { "Fiber" } else { "Thread" };

#[test]
fn modes() {
    assert_eq!(told(&[]), format!("{USUAL} 262144\n"));
    assert_eq!(told(&[("GORGE_MODE", "")]), format!("{USUAL} 262144\n"));
    assert_eq!(told(&[("GORGE_MODE", "auto")]), format!("{USUAL} 262144\n"));
    assert_eq!(told(&[("GORGE_MODE", "threads")]), "Thread 262144\n");
    assert_eq!(
        told(&[("GORGE_MODE", "green")]),
        "GORGE_MODE=green: allowed is auto, fibers or threads\n"
    );
    let fibers = told(&[("GORGE_MODE", "fibers")]);
    if cfg!(gorge_fibers) {
        assert_eq!(fibers, "Fiber 262144\n");
    } else {
        assert!(fibers.starts_with("GORGE_MODE=fibers: not possible here ("), "{fibers}");
    }
}

#[test]
fn stack_sizes() {
    for (text, bytes) in [("64K", 65536), ("1m", 1 << 20), ("100000", 100_000), ("1G", 1 << 30)] {
        assert_eq!(told(&[("GORGE_STACK", text)]), format!("{USUAL} {bytes}\n"));
    }
    for text in ["12", "0", "-1", "64Q", "big", "K", "99999999999999999999", "17179869184G"] {
        assert_eq!(
            told(&[("GORGE_STACK", text)]),
            format!(
                "GORGE_STACK={text}: allowed is a size from 16K to 1024G, as in 65536, 256K, 8M or 1G\n"
            )
        );
    }
}
