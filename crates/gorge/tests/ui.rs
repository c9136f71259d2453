//! What must not compile, and what it says then.
//!
//! `TRYBUILD=overwrite cargo test -p gorge --test ui` writes the expected texts anew.

use std::process::Command;

/// The compiler whose own texts are expected in `ui/types`.
const COMPILER: &str = "rustc 1.95.";

#[test]
fn misuse_is_reported_where_it_is() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass.rs");
    cases.compile_fail("tests/ui/select/*.rs");
    cases.compile_fail("tests/ui/entry/*.rs");
    if is_expected_compiler() {
        cases.compile_fail("tests/ui/types/*.rs");
    } else {
        eprintln!("not {COMPILER}x: what only the compiler has to say is not compared");
    }
}

fn is_expected_compiler() -> bool {
    let compiler = std::env::var_os("RUSTC").unwrap_or("rustc".into());
    let version = Command::new(compiler).arg("--version").output().expect("there is a compiler");
    version.stdout.starts_with(COMPILER.as_bytes())
}
