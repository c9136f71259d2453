//! The text about a failed run.

use std::fmt::Write;

use gorge_base::probe::Op;
use gorge_sched::bubble::{End, Panicked};

use super::objects::Objects;
use super::player::Step;
use super::run::Bad;

/// So many of the last operations of each goroutine are shown.
const LAST: usize = 8;

/// What failed, in one line.
pub(crate) fn headline(bad: &Bad, limit: u64) -> String {
    let n = bad.members;
    let s = if n == 1 { "" } else { "s" };
    match &bad.end {
        End::Deadlock => "deadlock: all goroutines wait".into(),
        End::LeftBehind => {
            let they = if n == 1 { "it waits" } else { "they wait" };
            format!(
                "{n} goroutine{s} left behind: the test has returned, and what {they} for never comes"
            )
        }
        End::Panicked(panicked) => {
            let text = gorge_sched::message(&*panicked.payload).unwrap_or("Box<dyn Any>");
            format!("panic: {text}")
        }
        End::TooLong => format!("no end within {limit} steps: the program may go on for ever"),
        End::Failed(text) => text.lines().next().unwrap_or_default().to_owned(),
        other => format!("{other:?}"),
    }
}

/// What runs the exploration again, after the name of the schedule: the test, or this very program.
pub(crate) fn command(test: Option<&str>) -> String {
    let program = std::env::args().next().unwrap_or_default();
    // `cargo test` runs what it has built from a folder of that name.
    let folder = std::path::Path::new(&program).parent().and_then(std::path::Path::file_name);
    if folder.is_some_and(|folder| folder == "deps") {
        format!("cargo test {}", test.unwrap_or("<the test>"))
    } else {
        program
    }
}

/// What the goroutines did last, and where they are.
pub(crate) fn story(bad: &Bad, trace: &[Step], jumps: &[(usize, bool)]) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write_cause(&mut text, bad).and_then(|()| write_trace(&mut text, bad, trace));
    write_jumps(&mut text, trace.len(), jumps);
    if !bad.stacks.is_empty() {
        text.push_str("\nwhere they are:\n\n");
        text.push_str(&bad.stacks);
    }
    text
}

fn write_cause(text: &mut String, bad: &Bad) -> std::fmt::Result {
    match &bad.end {
        End::Panicked(Panicked { id, payload, kept: Some(kept) }) => {
            let report = gorge_scope::panic_report(*id, &**payload, Some(&**kept));
            // The last one is this.
            for panic in bad.panics.iter().rev().skip(1).rev() {
                writeln!(text, "before that, one {panic}\n")?;
            }
            writeln!(text, "{report}")
        }
        End::Failed(report) => match report.split_once('\n') {
            Some((_, rest)) => writeln!(text, "{rest}"),
            None => Ok(()),
        },
        _ => {
            for panic in &bad.panics {
                writeln!(text, "on the way one {panic}\n")?;
            }
            Ok(())
        }
    }
}

fn write_trace(text: &mut String, bad: &Bad, trace: &[Step]) -> std::fmt::Result {
    let objects = Objects::of(trace);
    writeln!(text, "the last operations of each goroutine, of {} in all:", trace.len())?;
    for (seat, last) in bad.seats.iter().enumerate() {
        let mine: Vec<usize> = (0..trace.len()).filter(|n| trace[*n].seat == seat).collect();
        let what = if last.ended { ", ended" } else { "" };
        writeln!(text, "  goroutine {}{what}:", last.id)?;
        if mine.len() > LAST {
            writeln!(text, "         ... {} before", mine.len() - LAST)?;
        }
        for n in mine.iter().copied().skip(mine.len().saturating_sub(LAST)) {
            let step = &trace[n];
            let what = format!("{}{}", verb(step), objects.name(step));
            // A destructor does not know who dropped, nor a future who awaits it.
            if ["gorge-sync", "gorge-flow", "gorge-sched"]
                .iter()
                .any(|ours| step.at.file().contains(ours))
            {
                let file = step.at.file();
                let future = file.contains("future") || file.contains("when.rs");
                let how = if future { "in a future" } else { "when dropped" };
                writeln!(text, "    {:>4}  {what:<20} {how}", n + 1)?;
                continue;
            }
            writeln!(text, "    {:>4}  {what:<20} {}:{}", n + 1, step.at.file(), step.at.line())?;
        }
        if mine.is_empty() && !last.ended {
            writeln!(text, "          has done nothing yet")?;
        }
    }
    Ok(())
}

/// When the clock jumped. (At the end of all nothing comes after that.)
fn write_jumps(text: &mut String, steps: usize, jumps: &[(usize, bool)]) {
    let mut jumps: Vec<_> = jumps.iter().filter(|(after, _)| *after < steps).collect();
    jumps.dedup();
    if jumps.is_empty() {
        return;
    }
    text.push_str("  time:\n");
    for (after, early) in jumps.iter().skip(jumps.len().saturating_sub(LAST)) {
        let why = if *early { "early, as if those who can run were slow" } else { "all wait" };
        let _ = writeln!(text, "    after {after:>4}  the next timer fires: {why}");
    }
}

fn verb(step: &Step) -> &'static str {
    match step.op {
        Op::Send => "send",
        Op::Receive => "receive",
        Op::Close => "close",
        Op::Select => "select",
        Op::Lock | Op::WriteLock => "lock",
        Op::ReadLock => "read lock",
        Op::Unlock => "unlock",
        Op::ReadUnlock => "read unlock",
        Op::Wait | Op::Condition => "wait",
        Op::Signal => "signal",
        Op::Count => "count",
        Op::Cancel => "cancel",
        Op::Enlist => "enlist",
        Op::Withdraw => "withdraw",
        Op::Once => "once",
        Op::Acquire => "acquire",
        Op::Release => "release",
        Op::Load => "load",
        Op::Store => "store",
        Op::Update => "update",
        Op::Read => "read",
        Op::Write => "write",
        Op::Go => "go",
        Op::Join => "join",
        Op::Sleep if step.object != 0 => "set",
        Op::Sleep => "sleep",
        Op::Yield => "yield",
        _ => "step",
    }
}
