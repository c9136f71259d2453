//! The text of a report, in Go's form.

use std::fmt::Write;

use gorge_base::atomic::Ordering::Relaxed;
use gorge_base::probe::Place;
use gorge_scope::stacks::{self, Line};

use super::options::{Options, fits};
use super::threads::Identity;
use super::trace::Trace;
use super::variables::Access;

const BAR: &str = "==================\n";

/// A race, told.
///
/// # Examples
/// ```
/// use gorge::{go, race::{self, Race, Shared}};
/// use std::sync::Arc;
///
/// gorge::run(|| {
///     let watch = race::watch();
///     let n = Arc::new(Shared::new(0));
///     let theirs = n.clone();
///     let other = go(move || theirs.set(1));
///     n.set(2);
///     other.join().unwrap();
///     let races: Vec<Race> = watch.end();
///     assert_eq!(races[0].at.file(), races[0].previous.file());
/// });
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Race {
    /// The whole report, as it would be printed.
    pub text: String,
    /// Where the later access of the two was made.
    pub at: Place,
    /// Where the earlier one was made.
    pub previous: Place,
}

/// The report; `None` if the user does not want it.
pub(super) fn write(
    address: usize,
    now: &Access,
    before: &Access,
    options: &Options,
) -> Option<Race> {
    let (mine, theirs) =
        (stack(now.trace.as_deref(), now.at), { stack(before.trace.as_deref(), before.at) });
    let unwanted = |line: &Line| {
        options.suppress.iter().any(|pattern| {
            fits(pattern, &line.function)
                || line.site.as_ref().is_some_and(|(file, _)| fits(pattern, file))
        })
    };
    if mine.iter().chain(&theirs).any(unwanted) {
        return None;
    }
    let mut text = String::from(BAR);
    text.push_str("WARNING: DATA RACE\n");
    let accesses = [(now, &mine, ["Write", "Read"]), {
        (before, &theirs, ["Previous write", "Previous read"])
    }];
    for (access, lines, words) in accesses {
        let word = words[usize::from(!access.write)];
        // Writing to a string does not fail.
        let _ = writeln!(text, "{word} at {address:#014x} by {}:", name(&access.by));
        write_lines(&mut text, lines, options);
        text.push('\n');
    }
    let mut told = Vec::new();
    for by in [&now.by, &before.by] {
        if told.contains(&by.id.load(Relaxed)) {
            continue;
        }
        told.push(by.id.load(Relaxed));
        if let Some(created) = &by.created
            && by.id.load(Relaxed) > 1
            && !is_from_here(created.at)
        {
            let state = if by.ended.load(Relaxed) { "finished" } else { "running" };
            let _ = writeln!(text, "{} ({state}) created at:", capital(&name(by)));
            let lines = stack(created.trace.as_deref(), created.at);
            write_lines(&mut text, &lines, options);
            text.push('\n');
        }
    }
    text.pop(); // the empty line before the bar
    text.push_str(BAR);
    Some(Race { text, at: now.at, previous: before.at })
}

/// Whether a goroutine that was started at this place begins an exploration, a test: nobody has written that place.
fn is_from_here(at: Place) -> bool {
    file!().strip_suffix("src/race/report.rs").is_some_and(|here| at.file().starts_with(here))
}

fn name(by: &Identity) -> String {
    match (by.id.load(Relaxed), &by.thread) {
        (0, Some(thread)) => format!("thread {thread:?}"),
        (0, None) => "a plain thread".to_owned(),
        (1, _) => "main goroutine".to_owned(),
        (number, _) => format!("goroutine {number}"),
    }
}

fn capital(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// The lines of a stack; the place alone, if nothing else is known.
fn stack(trace: Option<&Trace>, at: Place) -> Vec<Line> {
    let mut lines = trace.map_or(Vec::new(), stacks::lines);
    let here = (at.file().to_owned(), at.line());
    match lines.first_mut() {
        // The innermost line is known exactly; the stack may be of another
        // statement of the same function, or without lines.
        Some(first) if first.site.as_ref().is_none_or(|site| same_file(&site.0, &here.0)) => {
            let file = first.site.take().map_or(here.0, |site| site.0);
            first.site = Some((file, here.1));
        }
        Some(_) => {}
        None => {
            lines.push(Line { function: "???".to_owned(), site: Some(here), offset: 0 });
        }
    }
    lines
}

/// Whether a file of the debug information is that of a `Location`, which may
/// be relative.
fn same_file(one: &str, other: &str) -> bool {
    one.ends_with(other) || other.ends_with(one)
}

fn write_lines(text: &mut String, lines: &[Line], options: &Options) {
    for line in lines {
        let _ = writeln!(text, "  {}()", line.function);
        if let Some((file, number)) = &line.site {
            let file = file.strip_prefix(&options.strip_path_prefix).unwrap_or(file);
            let _ = writeln!(text, "      {file}:{number} +{:#x}", line.offset);
        }
    }
}
