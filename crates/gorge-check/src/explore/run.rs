//! One run: a bubble, a schedule, how it ended.

use std::sync::Arc;

use gorge_sched::bubble::{Bubble, End};

use super::player::Player;
use super::strategy::question::Strategy;
use crate::race;

/// What is explored, and what counts as its failure.
#[derive(Clone)]
pub(crate) struct Program {
    pub(crate) body: Arc<dyn Fn() + Send + Sync>,
    /// More steps are one.
    pub(crate) steps: u64,
    /// A data race is one.
    pub(crate) races: bool,
}

/// The clock of every run starts here, so that all runs see the same times: an hour after nothing.
const START: u64 = 3_600_000_000_000;

/// A goroutine of a failed run.
#[derive(Debug)]
pub(crate) struct Last {
    pub(crate) id: u64,
    pub(crate) ended: bool,
}

/// A run that did not end well.
#[derive(Debug)]
pub(crate) struct Bad {
    pub(crate) end: End,
    pub(crate) panics: Vec<String>,
    pub(crate) seats: Vec<Last>,
    pub(crate) members: usize,
    /// The stacks of those that were left, if asked for.
    pub(crate) stacks: String,
    /// How many of them stay parked for ever.
    pub(crate) forgotten: usize,
}

/// Plays `player` against `program`; gives the player back.
pub(crate) fn play(
    program: &Program,
    mut player: Box<Player>,
    stacks: bool,
) -> (Box<Player>, Option<Box<Bad>>) {
    player.begin();
    let mut bubble = Bubble::serial(player, program.steps, START);
    let _quiet = (!program.races).then(|| race::ignore(bubble.number()));
    let _exactly = stacks.then(|| race::exactly(bubble.number()));
    let body = program.body.clone();
    let end = bubble.run(move || body());
    let player = bubble.take_policy().and_then(|policy| policy.downcast().ok());
    let player = player.expect("the policy that was given");
    if matches!(end, End::Done) {
        return (player, None);
    }
    let members = bubble.members();
    let seats = bubble.seats().into_iter();
    let bad = Bad {
        panics: bubble.panics(),
        seats: seats.map(|(id, ended)| Last { id, ended }).collect(),
        members: members.len(),
        stacks: if stacks { gorge_scope::stacks_of(&members) } else { String::new() },
        forgotten: bubble.dispose(),
        end,
    };
    (player, Some(Box::new(bad)))
}

/// As [`play`], with another strategy for this run.
pub(crate) fn play_once(
    program: &Program,
    player: &mut Option<Box<Player>>,
    strategy: Box<dyn Strategy>,
    stacks: bool,
) -> Option<Box<Bad>> {
    let mut mine = player.take().expect("a player is there between runs");
    mine.strategy = strategy;
    let (mine, bad) = play(program, mine, stacks);
    *player = Some(mine);
    bad
}

/// Whether two ends are of the same kind: a shorter schedule that fails otherwise explains nothing.
pub(crate) fn alike(a: &End, b: &End) -> bool {
    std::mem::discriminant(a) == std::mem::discriminant(b)
}
