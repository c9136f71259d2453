//! Names for the things of a trace: what kind of thing it is, and a number.
//!
//! What was done to a thing tells what it is. Where that does not tell (an event is set and waited for, and so are other
//! things), it has a number only: a name is never wrong.

use std::collections::HashMap;

use gorge_base::probe::Op;

use super::player::Step;

/// The things of one trace.
#[derive(Debug)]
pub(crate) struct Objects(HashMap<usize, (usize, Option<Kind>)>);

/// What something is. The later ones may turn out to be an earlier one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Kind {
    Context,
    Timer,
    Channel,
    RwLock,
    Mutex,
    Semaphore,
    Once,
    Condition,
    WaitGroup,
    Shared,
    Atomic,
}

impl Kind {
    /// What that must be to which this is done; `None`: it may be several things.
    fn of(op: Op) -> Option<Kind> {
        Some(match op {
            Op::Cancel | Op::Enlist => Kind::Context,
            Op::Sleep => Kind::Timer,
            Op::Send | Op::Receive | Op::Close | Op::Withdraw => Kind::Channel,
            Op::WriteLock | Op::ReadLock | Op::ReadUnlock => Kind::RwLock,
            Op::Lock => Kind::Mutex,
            Op::Acquire | Op::Release => Kind::Semaphore,
            Op::Once => Kind::Once,
            Op::Condition => Kind::Condition,
            Op::Count => Kind::WaitGroup,
            Op::Read | Op::Write => Kind::Shared,
            Op::Store | Op::Update => Kind::Atomic,
            _ => return None,
        })
    }

    fn word(self) -> &'static str {
        match self {
            Kind::Context => "context",
            Kind::Timer => "timer",
            Kind::Channel => "channel",
            Kind::RwLock => "rwlock",
            Kind::Mutex => "mutex",
            Kind::Semaphore => "semaphore",
            Kind::Once => "once",
            Kind::Condition => "condition",
            Kind::WaitGroup => "wait group",
            Kind::Shared => "shared",
            Kind::Atomic => "atomic",
        }
    }
}

impl Objects {
    /// Those of `trace`, numbered as they come.
    pub(crate) fn of(trace: &[Step]) -> Objects {
        let mut objects: HashMap<usize, (usize, Option<Kind>)> = HashMap::new();
        for step in trace.iter().filter(|step| step.object != 0 && step.op != Op::Join) {
            let next = objects.len() + 1;
            let (_, kind) = objects.entry(step.object).or_insert((next, None));
            *kind = match (*kind, Kind::of(step.op)) {
                (Some(known), Some(said)) => Some(known.min(said)),
                (known, said) => known.or(said),
            };
        }
        Objects(objects)
    }

    /// What a step was done to, with a space in front; empty if to nothing in particular.
    pub(crate) fn name(&self, step: &Step) -> String {
        match self.0.get(&step.object) {
            // Contexts are one thing: a tree.
            Some((_, Some(Kind::Context))) => " context".to_owned(),
            Some((number, Some(kind))) => format!(" {} #{number}", kind.word()),
            Some((number, None)) => format!(" #{number}"),
            None => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::Location;

    fn names(steps: &[(Op, usize)]) -> Vec<String> {
        let at = Location::caller();
        let step = |&(op, object): &(Op, usize)| Step { seat: 0, op, object, at };
        let trace: Vec<Step> = steps.iter().map(step).collect();
        let objects = Objects::of(&trace);
        trace.iter().map(|step| objects.name(step)).collect()
    }

    #[test]
    fn what_is_done_to_it_tells_what_it_is() {
        let steps = [(Op::Unlock, 64), (Op::Load, 72), (Op::Lock, 64), (Op::Send, 72)];
        assert_eq!(names(&steps), [" mutex #1", " channel #2", " mutex #1", " channel #2"]);
        let steps = [(Op::WriteLock, 64), (Op::Unlock, 64), (Op::Count, 72), (Op::Wait, 72)];
        assert_eq!(names(&steps)[1..], [" rwlock #1", " wait group #2", " wait group #2"]);
        // (A timer is a channel, but for its being set.)
        let steps = [(Op::Receive, 64), (Op::Sleep, 64), (Op::Receive, 72), (Op::Sleep, 0)];
        assert_eq!(names(&steps), [" timer #1", " timer #1", " channel #2", ""]);
    }

    #[test]
    fn what_may_be_several_things_has_a_number_only() {
        let steps = [(Op::Signal, 64), (Op::Load, 72), (Op::Yield, 0), (Op::Cancel, 80)];
        assert_eq!(names(&steps), [" #1", " #2", "", " context"]);
    }
}
