//! Which operations concern each other: their order may matter.
//!
//! Two do if they are on the same object and not both only look. What an operation is about is what it says to
//! `probe::point`. A select, which touches several objects, concerns everything; so does what goes on after a wait for
//! a condition (it may have to leave the line). That is more than need be, and never less.

use gorge_base::probe::Op;
use gorge_sched::bubble::Pending;

/// What an operation is about.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum About {
    Nothing,
    Object {
        address: usize,
        looks: bool,
    },
    #[default]
    Everything,
    /// Also steps without an operation: whether another goroutine has ended; time.
    EachStep,
}

impl About {
    pub(crate) fn of(pending: &Pending) -> About {
        match pending.op {
            // Starting and joining: whoever it concerns can run only then.
            None | Some(Op::Yield | Op::Go | Op::Join) => About::Nothing,
            // To sleep: time does the rest, and concerns everything. (Other timers have an address.)
            Some(Op::Sleep) if pending.object == 0 => About::Nothing,
            Some(Op::Load) if pending.object == 0 => About::EachStep,
            Some(Op::Select) => About::Everything,
            Some(Op::Unlock) if pending.woken => About::Everything,
            Some(_) if pending.object == 0 => About::Everything,
            Some(op) => About::Object {
                address: pending.object,
                looks: matches!(op, Op::Load | Op::Read) && !pending.woken,
            },
        }
    }

    /// Whether the order of the two may matter.
    pub(crate) fn concerns(self, other: About) -> bool {
        match (self, other) {
            (About::EachStep, _) | (_, About::EachStep) => true,
            (About::Nothing, _) | (_, About::Nothing) => false,
            (About::Everything, _) | (_, About::Everything) => true,
            (About::Object { address: a, looks: x }, About::Object { address: b, looks: y }) => {
                a == b && !(x && y)
            }
        }
    }
}
