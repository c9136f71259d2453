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
//! taken from the middle. A stack with none of the program's frames is shown as it is.

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
    if name.starts_with("std::panicking::")
        || name.starts_with("core::panicking::")
        || name.contains("rust_begin_unwind")
    {
        return Owner::Panicking;
    }
    match crate_of(name) {
        Some("std" | "core" | "alloc" | "backtrace" | "__rustc") | None => Owner::System,
        Some(krate) if is_gorge(krate) => Owner::Gorge,
        Some(_) => Owner::Program,
    }
}

/// The frames worth showing.
pub(crate) fn trim(frames: &[Frame]) -> &[Frame] {
    let owners: Vec<_> = frames.iter().map(owner).collect();
    let Some(first) = owners.iter().position(|&o| o == Owner::Program) else {
        return frames;
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

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_stack_without_the_programs_frames_is_shown_whole() {
        let names = ["gorge_sched::park::park", "gorge_sched::go::run", "clone3"];
        assert_eq!(trimmed(&names), names);
    }
}
