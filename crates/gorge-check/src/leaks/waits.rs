//! Who waits for which channels.
//!
//! Invariant: addresses are kept inverted, all bits of them, here and wherever else
//! a look for pointers keeps any: it finds no pointer of its own.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use gorge_base::probe::Op;

/// An address that does not look like one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) struct Hidden(usize);

impl Hidden {
    #[inline(always)]
    pub(super) fn hide(address: usize) -> Hidden {
        Hidden(!address)
    }
}

/// What a goroutine waits for.
#[derive(Clone, Debug, Default)]
pub(super) struct Blocked {
    /// Which wait it is, of all there ever were.
    pub(super) number: u64,
    /// The channels; nil ones left out.
    pub(super) channels: Vec<Hidden>,
    nil: usize,
    /// Of how many things a select waits for the first; `None`: no select.
    of: Option<usize>,
    /// A time will end the wait.
    timed: bool,
}

impl Blocked {
    /// Whether nothing but channels can end it.
    pub(super) fn by_channels_only(&self) -> bool {
        let all = self.of.is_none_or(|of| of == self.channels.len() + self.nil);
        all && !self.timed
    }
}

#[derive(Default)]
struct State {
    blocked: HashMap<u64, Blocked>,
    waits: u64,
}

fn state() -> MutexGuard<'static, State> {
    static STATE: LazyLock<Mutex<State>> = LazyLock::new(Mutex::default);
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Numbers below are no addresses, but how many arms a select has.
const LOWEST_ADDRESS: usize = 4096;

fn is_address(object: usize) -> bool {
    (LOWEST_ADDRESS..=isize::MAX as usize).contains(&object)
}

/// Goroutine `id` is about to wait.
pub(super) fn waits(id: u64, op: Op, object: usize) {
    let mut state = state();
    state.waits += 1;
    let number = state.waits;
    let blocked =
        state.blocked.entry(id).or_insert_with(|| Blocked { number, ..Default::default() });
    match op {
        Op::Send | Op::Receive => blocked.channels.push(Hidden::hide(object)),
        Op::Select if object == 0 => blocked.nil += 1,
        Op::Select => blocked.of = Some(object),
        _ => blocked.timed = true,
    }
}

/// It waits no more for `object`.
pub(super) fn goes_on(id: u64, object: usize) {
    let mut state = state();
    let Some(blocked) = state.blocked.get_mut(&id) else { return };
    if blocked.of.is_none() || !is_address(object) {
        // A select's arms go before the whole.
        state.blocked.remove(&id);
    }
}

/// All who wait for nothing but channels.
pub(super) fn all() -> HashMap<u64, Blocked> {
    let state = state();
    let only = state.blocked.iter().filter(|(_, blocked)| blocked.by_channels_only());
    only.map(|(id, blocked)| (*id, blocked.clone())).collect()
}
