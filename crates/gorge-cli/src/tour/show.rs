//! How the tour looks: a program with what it printed and what became of it, its
//! code when it is asked for by name, the list of all.

use super::program::{Program, Scene, Section};
use super::run::{End, Run, in_short, in_words};
use crate::out::Out;
use std::io;
use std::time::Duration;

/// What was seen of a program, scene by scene.
pub(crate) type Seen = Vec<io::Result<Run>>;

/// How much of each scene is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// Enough to see what happens.
    Brief,
    /// The lesson, the code, everything that was printed.
    Full,
}

/// A pen for the terminal, or one without ink.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pen {
    pub(crate) coloured: bool,
}

impl Pen {
    fn ink(self, code: &str, text: &str) -> String {
        if self.coloured { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.ink("1", text)
    }

    fn dim(self, text: &str) -> String {
        self.ink("2", text)
    }

    pub(crate) fn good(self, text: &str) -> String {
        self.ink("32", text)
    }

    pub(crate) fn bad(self, text: &str) -> String {
        self.ink("1;31", text)
    }

    fn name(self, text: &str) -> String {
        self.ink("1;36", text)
    }
}

/// Prints the list of programs.
pub(crate) fn list(out: &mut Out, pen: Pen, sections: &[Section]) {
    let programs = || sections.iter().flat_map(|section| section.programs);
    let width = programs().map(|program| program.name.len()).max().unwrap_or(0);
    for section in sections {
        out.line(pen.bold(section.title));
        for program in section.programs {
            let space = " ".repeat(width - program.name.len());
            out.line(format!("  {}{space}  {}", pen.name(program.name), program.source.title()));
        }
        out.line("");
    }
}

/// Prints a program before it is played.
pub(crate) fn introduce(out: &mut Out, pen: Pen, program: &Program, detail: Detail) {
    out.line(format!("{}  {}", pen.name(program.name), program.source.title()));
    if detail == Detail::Brief {
        return;
    }
    let lesson = program.source.lesson();
    for paragraph in [lesson.as_str(), &format!("To be seen: {}.", program.shows)] {
        if !paragraph.is_empty() {
            wrap(paragraph, 76).iter().for_each(|line| out.line(format!("  {line}")));
        }
    }
    out.line("");
    for line in program.source.code().lines() {
        out.line(if line.is_empty() { String::new() } else { format!("    {line}") });
    }
    out.line("");
    out.line(format!("  {}", pen.dim(program.source.path)));
    out.line("");
}

/// Prints what was seen of a program, and says whether it was as documented.
pub(crate) fn report(
    out: &mut Out,
    pen: Pen,
    program: &Program,
    seen: &Seen,
    detail: Detail,
) -> bool {
    let mut well = true;
    for (scene, run) in program.scenes.iter().zip(seen) {
        if !scene.title.is_empty() {
            out.line(format!("  {}", pen.dim(&format!("({})", scene.title))));
        }
        well &= match run {
            Ok(run) => {
                output(out, pen, run, detail);
                verdict(out, pen, scene, run)
            }
            Err(error) => {
                let text = format!("could not be started: {}", crate::out::reason(error));
                out.line(format!("  {} {text}", pen.bad("not as documented:")));
                false
            }
        };
    }
    out.line("");
    well
}

fn verdict(out: &mut Out, pen: Pen, scene: &Scene, run: &Run) -> bool {
    match (scene.check)(run) {
        Ok(()) => {
            out.line(format!("  {}", pen.good("as documented")));
            true
        }
        Err(why) => {
            out.line(format!("  {} {why}", pen.bad("not as documented:")));
            false
        }
    }
}

fn output(out: &mut Out, pen: Pen, run: &Run, detail: Detail) {
    let (lines, errors) = match detail {
        Detail::Brief => (10, 8),
        Detail::Full => (1_000, 1_000),
    };
    let timed = run.lines.iter().any(|line| line.at >= Duration::from_millis(10));
    for line in run.lines.iter().take(lines) {
        let time = if timed { format!("{:>8}  ", in_words(line.at)) } else { "  ".to_owned() };
        out.line(format!("  {}{}", pen.dim(&time), line.text));
    }
    rest(out, pen, run.lines.len().saturating_sub(lines));
    for line in run.errors.lines().take(errors) {
        out.line(if line.is_empty() { String::new() } else { format!("    {line}") });
    }
    rest(out, pen, run.errors.lines().count().saturating_sub(errors));
    if run.end != End::Status(0) {
        out.line(format!("    {}", in_short(run.end)));
    }
}

fn rest(out: &mut Out, pen: Pen, more: usize) {
    if more > 0 {
        out.line(format!("    {}", pen.dim(&format!("... and {more} more lines"))));
    }
}

/// Breaks a paragraph into lines.
fn wrap(paragraph: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in paragraph.split_whitespace() {
        let line = &mut lines[0];
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.insert(0, word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.reverse();
    lines
}
