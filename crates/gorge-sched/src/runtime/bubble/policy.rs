//! Who decides in a serial bubble which goroutine goes on.

use std::any::Any;

use gorge_base::probe::{Op, Place};

use crate::runtime::goroutine::G;

/// What a goroutine does as soon as it goes on.
#[derive(Clone, Copy, Debug)]
pub struct Pending {
    /// The operation it is about to do or, if [`woken`](Self::woken), to complete; `None`: it begins.
    pub op: Option<Op>,
    /// On which object.
    pub object: usize,
    /// Where in the program.
    pub at: Option<Place>,
    /// It has waited in this operation, and was made ready.
    pub woken: bool,
}

impl Pending {
    pub(crate) const BEGIN: Pending = Pending { op: None, object: 0, at: None, woken: false };
}

/// A goroutine of a bubble, by the order in which they were started.
#[derive(Debug)]
pub struct Seat {
    /// Null: it has ended.
    pub(crate) g: *mut G,
    /// The address of its record, by which tools know it; another one may have it after its end.
    pub record: usize,
    /// Its number in the whole program.
    pub id: u64,
    /// What it does next.
    pub pending: Pending,
}

impl Seat {
    /// Whether it has run its last.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.g.is_null()
    }
}

/// What a [`Policy`] is asked.
#[derive(Debug)]
pub struct Turn<'a> {
    /// Who is about to do its pending operation, and could go on; `None`: who ran has
    /// parked or ended.
    pub current: Option<usize>,
    /// Who else can run, in ascending order.
    pub others: &'a [usize],
    /// All goroutines there have been.
    pub seats: &'a [Seat],
    /// A timer is armed: time can go on before everybody waits.
    pub timer: bool,
}

/// What a [`Policy`] answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Choice {
    /// The current one goes on.
    Stay,
    /// This one of the others goes on (an index into [`Turn::others`]).
    Other(usize),
    /// The clock jumps to the next timer; then it is asked again.
    Time,
}

/// Decides who goes on in a serial bubble. It is asked under a lock, in scheduler
/// code: it uses nothing of the runtime, and does not panic.
pub trait Policy: Send {
    /// Who goes on? There is a current one, or others.
    fn choose(&mut self, turn: &Turn<'_>) -> Choice;
    /// A number below `n`, which is not 0: for a choice that the program leaves to chance.
    fn below(&mut self, n: u32) -> u32;
    /// Nobody could run, and so the clock has jumped, or somebody who waited for that goes on.
    fn time_went_on(&mut self) {}
    /// Whether [`gone`](Policy::gone) is to be called. Asked once, before the bubble begins.
    fn hears_of_gone(&self) -> bool {
        false
    }
    /// There is nothing any more in `bytes` from `object`: what is found there later is something else.
    fn gone(&mut self, object: usize, bytes: usize) {
        let _ = (object, bytes);
    }
    /// To have it back at the end.
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
}
