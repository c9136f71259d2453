//! Which frames of a stack are the program's own.
//!
//! ```text
//!   innermost   how Gorge parks, or how a panic is raised        off
//!               library code between parking and the program     kept
//!               the program                                      kept
//!   outermost   how a goroutine (or the process) begins          off
//! ```
//!
//! Promise: the first frame shown is the program's blocking call. Nothing is
//! taken from the middle.
//!
//! Whose a frame is shows in its name, if that has a path; where there are line tables
//! only, inlined functions (and all of the standard library's) have none, but
//! their files tell.

use crate::frame::Frame;
use crate::name::{crate_of, is_gorge};

/// Whose code a frame is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    Program,
    Gorge,
    /// The standard library, the C library, the unwinder: part of the program
    /// in the middle of a stack, noise at its ends.
    System,
    /// The standard library's way into the panic hook.
    Panicking,
}

fn owner(frame: &Frame) -> Owner {
    let name = frame.function.as_str();
    let file = frame.site.as_ref().map_or("", |site| site.file.as_str());
    match crate_of(name) {
        Some(krate) if is_gorge(krate) => Owner::Gorge,
        Some("std" | "core") if name.contains("::panicking::") => Owner::Panicking,
        Some("__rustc") if name.ends_with("rust_begin_unwind") => Owner::Panicking,
        Some("std" | "core" | "alloc" | "backtrace" | "__rustc") => Owner::System,
        Some(_) => Owner::Program,
        None => owner_of_file(file),
    }
}

/// Whose a source file is, from where it lies.
fn owner_of_file(file: &str) -> Owner {
    let mut folders = file.split(['/', '\\']).rev();
    let name = folders.next().unwrap_or_default();
    if file.starts_with("/rustc/") || file.contains("/rustlib/src/rust/library/") {
        return if name == "panicking.rs" { Owner::Panicking } else { Owner::System };
    }
    if !name.ends_with(".rs") {
        return Owner::System; // C, or nothing known at all
    }
    // The folder that has `src` in it is called after the package; one from a
    // registry has its version behind the name.
    let package = folders.skip_while(|&folder| folder != "src").nth(1).unwrap_or_default();
    let (name, version) = match package.rsplit_once('-') {
        Some((name, version)) if version.starts_with(|c: char| c.is_ascii_digit()) => (name, true),
        _ => (package, false),
    };
    match name {
        "backtrace" if version => Owner::System,
        _ if is_gorge(&name.replace('-', "_")) => Owner::Gorge,
        _ => Owner::Program,
    }
}

/// The frames worth showing; none if none is the program's.
pub(crate) fn trim(frames: &[Frame]) -> &[Frame] {
    let owners: Vec<_> = frames.iter().map(owner).collect();
    let Some(first) = owners.iter().position(|&o| o == Owner::Program) else {
        return &[];
    };
    let last = owners.iter().rposition(|&o| o == Owner::Program).unwrap_or(first);
    let head = &owners[..first];
    let top = if head.contains(&Owner::Panicking) {
        first
    } else {
        // Library code that the program called and that called Gorge (an
        // iterator over a channel, say) stays; what Gorge itself called goes.
        head.iter().rposition(|&o| o == Owner::Gorge).map_or(0, |at| at + 1)
    };
    &frames[top..=last]
}

/// Whether it is known to be a stack within Gorge: of a goroutine that has not come to the program's
/// part, or is past it.
pub(crate) fn is_all_gorges(frames: &[Frame]) -> bool {
    let owners: Vec<_> = frames.iter().map(owner).collect();
    owners.contains(&Owner::Gorge) && !owners.contains(&Owner::Program)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::info::Site;

    #[test]
    fn where_there_are_no_paths_the_files_tell() {
        let at = |function: &str, file: &str| Frame {
            function: function.to_owned(),
            site: Some(Site { file: file.to_owned(), line: 1 }),
        };
        let stack = [
            at(
                "trace",
                "/home/me/.cargo/registry/src/index-1/backtrace-0.3.77/src/backtrace/mod.rs",
            ),
            at("walk_here", "/home/me/.cargo/registry/src/index-1/gorge-scope-0.1.0/src/walk.rs"),
            at("visit", "/home/me/gorge/crates/gorge-coro/src/fiber/switch.rs"),
            at("recv", "crates/gorge-sync/src/chan/receiver.rs"),
            at("call_once", "/rustc/5980/library/core/src/ops/function.rs"),
            at("work", "/home/me/gorge-2/app/src/main.rs"),
            at("{closure}", "tests/deadlock.rs"),
            at("catch_unwind", "/rustc/5980/library/std/src/panicking.rs"),
            at("run", "/home/me/gorge/crates/gorge-sched/src/runtime/birth.rs"),
            at("start_thread", "./nptl/pthread_create.c"),
        ];
        assert_eq!(trim(&stack), &stack[4..7]);
    }

    fn frames(names: &[&str]) -> Vec<Frame> {
        names.iter().map(|&n| Frame { function: n.to_owned(), site: None }).collect()
    }

    fn trimmed(names: &[&str]) -> Vec<String> {
        trim(&frames(names)).iter().map(|f| f.function.clone()).collect()
    }

    #[test]
    fn both_ends_are_cut() {
        let shown = trimmed(&[
            "backtrace::trace",
            "gorge_sched::park::park",
            "core::option::Option::map",
            "<gorge_sync::chan::Iter as core::iter::Iterator>::next",
            "<core::iter::Map as core::iter::Iterator>::next",
            "app::sum",
            "std::thread::LocalKey::with",
            "app::main::{closure}",
            "core::ops::function::FnOnce::call_once",
            "gorge_sched::go::run",
            "clone3",
        ]);
        assert_eq!(
            shown,
            [
                "<core::iter::Map as core::iter::Iterator>::next",
                "app::sum",
                "std::thread::LocalKey::with",
                "app::main::{closure}"
            ]
        );
    }

    #[test]
    fn a_panic_begins_where_the_program_panicked() {
        let shown = trimmed(&[
            "gorge_scope::panics::hook::{closure}",
            "std::panicking::panic_with_hook",
            "__rustc::rust_begin_unwind",
            "core::panicking::panic_fmt",
            "core::option::expect_failed",
            "app::parse",
            "gorge_sched::go::run",
        ]);
        assert_eq!(shown, ["app::parse"]);
    }

    #[test]
    fn none_may_be_the_programs() {
        assert!(trimmed(&["gorge_sched::park::park", "gorge_sched::go::run", "clone3"]).is_empty());
        assert!(trimmed(&["", ""]).is_empty());
        assert!(is_all_gorges(&frames(&["gorge_sched::go::run", "clone3"])));
        assert!(!is_all_gorges(&frames(&["", ""])));
        assert!(!is_all_gorges(&frames(&["app::main", "gorge_sched::park::park"])));
    }
}
