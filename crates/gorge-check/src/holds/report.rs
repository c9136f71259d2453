//! What is said of a circle.

use std::fmt::{self, Write};

use gorge_base::probe::{Op, Place};

use super::order::Arrow;
use super::world::{Blocker, Wait, Who};

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
        Op::ReadLock => "to read",
        Op::Once => "for the once",
        Op::Acquire => "for permits of",
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
pub(super) fn deadlock(circle: &[(Who, Wait, Blocker)]) -> String {
    let mut text = format!("{BAR}WARNING: DEADLOCK");
    // Writing to a string does not fail.
    let _ = match circle {
        [(who, wait, blocker)] => writeln!(text, ": {who} waits for itself").and_then(|()| {
            let again = blocker.since.is_some() && matches!(wait.op, Op::Lock | Op::ReadLock);
            if again { writeln!(text, "  (it locks what it has locked already)") } else { Ok(()) }
        }),
        _ => writeln!(text, ": {} wait for each other", circle.len()),
    };
    if circle.len() > 1
        && circle.iter().any(|(_, wait, by)| wait.op == Op::ReadLock && by.since.is_none())
    {
        text.push_str("  (a reader that reads again must not pass a writer that waits)\n");
    }
    for (who, wait, blocker) in circle {
        let _ = writeln!(text, "\n{who} waits {}", thing(*wait));
        place(&mut text, wait.at);
        match (blocker.since, wait.op) {
            (Some(at), _) => {
                let _ = writeln!(text, "  which {} has since", blocker.who);
                place(&mut text, at);
            }
            (None, Op::Join) => _ = writeln!(text, "  of {}", blocker.who),
            (None, _) => _ = writeln!(text, "  behind {}, which waits to write", blocker.who),
        }
    }
    let numbers: Vec<u64> = circle
        .iter()
        .filter_map(|(who, ..)| match who {
            Who::Goroutine(number) => Some(*number),
            Who::Thread(_) => None,
        })
        .collect();
    text.push('\n');
    text.push_str(&gorge_scope::stacks_of(&numbers));
    text.push_str(BAR);
    text
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
