//! What can be said of who waits when that is found out in another way: who has what is waited
//! for, and signals that nobody heard.

use std::collections::HashSet;
use std::fmt::Write;

use gorge_base::probe::Op;

use super::report::{place, thing};
use super::world::{Who, World};

/// Of those goroutines that are `asked` for and that wait for something that somebody has or signals: for
/// what, and who has it. Empty, or begins with an empty line.
pub(super) fn why(world: &World, asked: impl Fn(u64) -> bool) -> String {
    let mut waits: Vec<_> = world.all_waits().collect();
    if waits.is_empty() {
        return String::new();
    }
    let there: HashSet<u64> =
        gorge_sched::registry::all().iter().filter_map(|info| info.id).collect();
    waits.sort_by_key(|(who, _)| *who);
    let mut text = String::new();
    for (who, wait) in waits {
        if !matches!(who, Who::Goroutine(id) if asked(id)) {
            continue;
        }
        let blockers = world.blockers(who, wait);
        let unheard = world.unheard(wait.object).filter(|_| wait.op == Op::Condition);
        // Writing to a string does not fail.
        if let Some(signal) = unheard {
            let _ = writeln!(text, "\n{who} waits {}", thing(wait));
            place(&mut text, wait.at);
            let _ =
                writeln!(text, "  which {} has signalled when nobody waited for it", signal.who);
            place(&mut text, signal.at);
        }
        for blocker in blockers.iter().filter(|_| wait.op != Op::Join) {
            let Some(since) = blocker.since else { continue };
            let ended = match blocker.who {
                Who::Goroutine(id) if !there.contains(&id) => ", which has ended,",
                other if other == who => ", itself,",
                _ => "",
            };
            let _ = writeln!(text, "\n{who} waits {}", thing(wait));
            place(&mut text, wait.at);
            let _ = writeln!(text, "  which {}{ended} has since", blocker.who);
            place(&mut text, since);
        }
    }
    text
}
