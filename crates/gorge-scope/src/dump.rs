//! The text of a dump, in Go's form.
//!
//! ```text
//! goroutine 7 [chan receive, 2 minutes]:
//! app::worker(...)
//!         /home/me/app/src/main.rs:12
//! created by app::main in goroutine 1
//!         /home/me/app/src/main.rs:31
//! ```
//!
//! Promise: goroutine 1 comes first, the others by number, plain threads last. A
//! dump of a hundred thousand goroutines stays readable: where there are more
//! than a thousand, those of the same origin that wait for the same reason at the same place
//! are told once, with how many they are and the first of their numbers.
//!
//! # Compared with Go
//!
//! There are no `+0x1b` offsets and no arguments: Rust's are not at known
//! places. A goroutine with a name shows it: `goroutine 7 "resizer" [..]`.

use std::collections::HashMap;
use std::fmt::{self, Write};

use crate::frame::{Frame, Symbols};
use crate::info::{GoroutineInfo, Site, Status, Who};
use crate::trim::{is_all_gorges, trim};

/// From how many goroutines on equal ones are told once.
pub(crate) const FOLD_FROM: usize = 1000;

/// How many of the numbers of folded goroutines are listed.
const LISTED: usize = 10;

/// Who is to be told of, in what order.
///
/// `T` is what their stacks can be captured from. That happens only for those
/// that are told, when they are told.
pub(crate) fn write_all<T>(
    out: &mut dyn Write,
    mut all: Vec<(GoroutineInfo, T)>,
    mut capture: impl FnMut(&T) -> Vec<usize>,
    page: &mut Page<'_>,
) -> fmt::Result {
    all.sort_by(|(a, _), (b, _)| a.who.cmp(&b.who));
    let fold = all.len() > FOLD_FROM;
    let mut groups: Vec<Group<T>> = Vec::new();
    let mut known = HashMap::new();
    for (info, source) in all {
        if fold && let Some(kind) = info.kind() {
            let at = *known.entry(kind).or_insert(groups.len());
            if let Some(group) = groups.get_mut(at) {
                group.others.push(info.who);
                continue;
            }
        }
        groups.push(Group { first: info, source, others: Vec::new() });
    }
    for (nth, group) in groups.iter_mut().enumerate() {
        if nth > 0 {
            out.write_char('\n')?;
        }
        group.first.stack = capture(&group.source);
        write_one(out, &group.first, page)?;
        group.write_others(out)?;
    }
    Ok(())
}

/// How stacks are written.
pub(crate) struct Page<'a> {
    pub(crate) symbols: &'a mut dyn Symbols,
    /// Whether nothing is left out of a stack.
    pub(crate) all_frames: bool,
}

/// Goroutines that are told once.
struct Group<T> {
    first: GoroutineInfo,
    source: T,
    others: Vec<Who>,
}

impl<T> Group<T> {
    fn write_others(&self, out: &mut dyn Write) -> fmt::Result {
        if self.others.is_empty() {
            return Ok(());
        }
        write!(out, "... and {} more at the same place:", self.others.len())?;
        for (nth, who) in self.others.iter().take(LISTED).enumerate() {
            let comma = if nth == 0 { " " } else { ", " };
            write!(out, "{comma}{who}")?;
        }
        out.write_str(if self.others.len() > LISTED { ", ...\n" } else { "\n" })
    }
}

impl GoroutineInfo {
    /// What makes goroutines equal in a long dump: status, place and origin.
    /// Those that run, or have a name, are always told one by one.
    fn kind(&self) -> Option<(String, Option<Site>, Option<Site>)> {
        let status = match &self.status {
            Status::Waiting { reason, .. } => reason.clone(),
            Status::Runnable => self.status.to_string(),
            Status::Running | Status::Panicked => return None,
        };
        if self.who == Who::Goroutine(1) || self.name.is_some() {
            return None;
        }
        let origin = self.created.as_ref().and_then(|created| created.site.clone());
        Some((status, self.at.clone(), origin))
    }
}

/// Appends one goroutine.
pub(crate) fn write_one(
    out: &mut dyn Write,
    info: &GoroutineInfo,
    page: &mut Page<'_>,
) -> fmt::Result {
    match &info.who {
        Who::Goroutine(number) => write!(out, "goroutine {number} ")?,
        Who::Thread(name) => write!(out, "thread {name:?} ")?,
    }
    if let Some(name) = &info.name {
        write!(out, "{name:?} ")?;
    }
    let locked = if info.locked { ", locked to thread" } else { "" };
    writeln!(out, "[{}{locked}]:", info.status)?;
    write_stack(out, info, page)?;
    if let Some(created) = &info.created {
        out.write_str("created")?;
        if let Some(function) = &created.function {
            write!(out, " by {function}")?;
        }
        if let Some(by) = created.by {
            write!(out, " in goroutine {by}")?;
        }
        out.write_char('\n')?;
        write_site(out, created.site.as_ref())?;
    }
    Ok(())
}

fn write_stack(out: &mut dyn Write, info: &GoroutineInfo, page: &mut Page<'_>) -> fmt::Result {
    if info.stack.is_empty() && info.status == Status::Running {
        return out.write_str("\tgoroutine running on other thread; stack unavailable\n");
    }
    let frames: Vec<Frame> = info.stack.iter().flat_map(|&at| page.symbols.resolve(at)).collect();
    let mut shown = if page.all_frames { &frames[..] } else { trim(&frames) };
    // Without debug information the blocking call, or the panic, still knows
    // where it is: in the innermost function of the program, into which others may be inlined.
    let mut at = info.at.as_ref().filter(|_| shown.iter().all(|frame| frame.site.is_none()));
    if shown.is_empty() {
        if at.is_some() {
            let panicked = info.status == Status::Panicked;
            out.write_str(if panicked { "panicked at\n" } else { "blocked at\n" })?;
            return write_site(out, at);
        }
        if !page.all_frames && info.created.is_some() && is_all_gorges(&frames) {
            return Ok(()); // where it was created is what there is to know
        }
        shown = &frames;
    }
    for frame in shown {
        writeln!(out, "{frame}(...)")?;
        write_site(out, frame.site.as_ref().or(at.take()))?;
    }
    Ok(())
}

fn write_site(out: &mut dyn Write, site: Option<&Site>) -> fmt::Result {
    match site {
        Some(site) => writeln!(out, "\t{}:{}", site.file, site.line),
        None => Ok(()),
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Who::Goroutine(number) => write!(f, "{number}"),
            Who::Thread(name) => write!(f, "{name:?}"),
        }
    }
}

/// What stands in the brackets.
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Status::Running | Status::Panicked => f.write_str("running"),
            Status::Runnable => f.write_str("runnable"),
            Status::Waiting { reason, since } => {
                f.write_str(reason)?;
                match since.as_secs() / 60 {
                    0 => Ok(()),
                    minutes => write!(f, ", {minutes} minutes"),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
