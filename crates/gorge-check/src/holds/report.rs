//! What is said of a circle.

use std::fmt::{self, Write};

use gorge_base::probe::{Op, Place};

use super::circle::Step;
use super::order::Arrow;
use super::world::{Blocker, Permits, Wait, Who};

const BAR: &str = "==================\n";

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Who::Goroutine(number) => write!(f, "goroutine {number}"),
            Who::Thread(record) => write!(f, "the plain thread {record:#x}"),
        }
    }
}

/// What somebody waits for, in words.
pub(super) fn thing(wait: Wait) -> String {
    let what = match wait.op {
        Op::Lock => "to lock",
        Op::WriteLock => "to write",
        Op::ReadLock => "to read",
        Op::Once => "for the once",
        Op::Acquire => {
            return match wait.permits {
                Permits { wanted, size } if size > 1 => {
                    format!("for {wanted} of the {size} permits of {:#x}", !wait.object)
                }
                _ => format!("for the permit of {:#x}", !wait.object),
            };
        }
        Op::Condition => "for the condition",
        Op::Join => return "for the end".to_owned(),
        _ => "for the group",
    };
    format!("{what} {:#x}", !wait.object)
}

pub(super) fn place(text: &mut String, at: Place) {
    let _ = writeln!(text, "      {}:{}", at.file(), at.line());
}

/// The report of a deadlock.
pub(super) fn deadlock(circle: &[Step]) -> String {
    let mut text = format!("{BAR}WARNING: DEADLOCK");
    // Writing to a string does not fail.
    let _ = match circle {
        [Step { who, wait, blockers }] => {
            let again = blockers.iter().any(|blocker| blocker.since.is_some());
            let how = match wait.op {
                Op::Lock | Op::WriteLock | Op::ReadLock if again => {
                    "\n  (it locks what it has locked already)"
                }
                Op::Acquire => "\n  (it has permits that it waits for)",
                _ => "",
            };
            writeln!(text, ": {who} waits for itself{how}")
        }
        _ => writeln!(text, ": {} wait for each other", circle.len()),
    };
    if circle.len() > 1
        && circle.iter().any(|step| {
            step.wait.op == Op::ReadLock && step.blockers.iter().any(|by| by.since.is_none())
        })
    {
        text.push_str("  (a reader that reads again must not pass a writer that waits)\n");
    }
    for Step { who, wait, blockers } in circle {
        let _ = writeln!(text, "\n{who} waits {}", thing(*wait));
        place(&mut text, wait.at);
        blockers.iter().for_each(|blocker| has(&mut text, *wait, *blocker));
    }
    let numbers: Vec<u64> = circle
        .iter()
        .filter_map(|step| match step.who {
            Who::Goroutine(number) => Some(number),
            Who::Thread(_) => None,
        })
        .collect();
    text.push('\n');
    text.push_str(&gorge_scope::stacks_of(&numbers));
    text.push_str(BAR);
    text
}

/// Who has what is waited for.
fn has(text: &mut String, wait: Wait, blocker: Blocker) {
    let who = blocker.who;
    match (blocker.since, blocker.permits) {
        (Some(at), count @ 1..) => {
            let _ = writeln!(text, "  of which {who} has {count} since");
            place(text, at);
        }
        (Some(at), 0) => {
            let _ = writeln!(text, "  which {who} has since");
            place(text, at);
        }
        (None, _) if wait.op == Op::Join => _ = writeln!(text, "  of {who}"),
        (None, _) => _ = writeln!(text, "  behind {who}, which waits to write"),
    }
}

/// The warning of locks that are taken in different orders.
pub(super) fn inversion(circle: &[Arrow]) -> String {
    let mut text = format!("{BAR}WARNING: LOCK ORDER INVERSION (a deadlock that may come)\n");
    for arrow in circle {
        let _ = writeln!(text, "\n{} took {:#x}", arrow.who, !arrow.to);
        place(&mut text, arrow.taken_at);
        let _ = writeln!(text, "  while it had {:#x} since", !arrow.from);
        place(&mut text, arrow.held_since);
    }
    text.push_str(BAR);
    text
}
