//! What a program of the tour is: a file that is easy to read, and a judgement
//! of what a run of it must show.
//!
//! Always true:
//! * One file holds one program. Its header is the lesson (the first sentence is
//!   its title), then comes the code, then [`Program`] and the checks.
//! * A program is one or more scenes. A scene runs as a process of its own, so it
//!   may deadlock, panic or exit, and has a clock to itself.
//! * A program prints with `println!`, imported from here: the same text, with
//!   the time in front of it for whoever watches.

use super::run::{Run, Verdict};
use super::source::Source;

/// A part of the tour.
#[derive(Debug)]
pub struct Section {
    /// Its heading.
    pub title: &'static str,
    /// Its programs, in the order to read them.
    pub programs: &'static [Program],
}

/// A program with everything there is to know about it.
#[derive(Debug)]
pub struct Program {
    /// The name it is called by.
    pub name: &'static str,
    /// Its file.
    pub source: Source,
    /// What a run must show, in a sentence.
    pub shows: &'static str,
    /// Its processes.
    pub scenes: &'static [Scene],
}

/// A part of a program that is a process of its own.
#[derive(Debug)]
pub struct Scene {
    /// What sets it apart from the others; empty when there is only one.
    pub title: &'static str,
    /// The main function.
    pub main: fn(),
    /// Whether a run showed what it must.
    pub check: fn(&Run) -> Verdict,
    /// Environment variables it is started with.
    pub environment: &'static [(&'static str, &'static str)],
}

impl Scene {
    /// The one scene of a program.
    pub(crate) const fn only(main: fn(), check: fn(&Run) -> Verdict) -> Self {
        Self::titled("", main, check)
    }

    /// One scene of several.
    pub(crate) const fn titled(
        title: &'static str,
        main: fn(),
        check: fn(&Run) -> Verdict,
    ) -> Self {
        Self { title, main, check, environment: &[] }
    }
}
