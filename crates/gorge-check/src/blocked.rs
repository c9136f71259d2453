//! Who waits for which channels.
//!
//! Invariant: addresses are kept inverted, all bits of them, here and wherever else
//! a look for pointers keeps any: it finds no pointer of its own.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use gorge_base::atomic::{AtomicBool, Ordering::Relaxed};
use gorge_base::probe::Op;

/// An address that does not look like one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Hidden(usize);

impl Hidden {
    #[inline(always)]
    pub(crate) fn hide(address: usize) -> Hidden {
        Hidden(!address)
    }

    /// One that was hidden before.
    pub(crate) fn of_hidden(number: usize) -> Hidden {
        Hidden(number)
    }

    /// Where that was, so many bytes before.
    pub(crate) fn before(self, bytes: usize) -> Hidden {
        Hidden(self.0.wrapping_add(bytes))
    }

    #[cfg(target_os = "linux")] // only there is memory looked at
    pub(crate) fn address(self) -> usize {
        !self.0
    }
}

/// What a goroutine waits for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Blocked {
    /// Which wait it is, of all there ever were.
    pub(crate) number: u64,
    /// The channels; nil ones left out.
    pub(crate) channels: Vec<Hidden>,
    nil: usize,
    /// Of how many things a select waits for the first; `None`: no select.
    of: Option<usize>,
    /// A time will end the wait.
    timed: bool,
}

impl Blocked {
    /// Whether nothing but channels can end it.
    pub(crate) fn by_channels_only(&self) -> bool {
        let all = self.of.is_none_or(|of| of == self.channels.len() + self.nil);
        all && !self.timed
    }
}

#[derive(Default)]
struct State {
    blocked: HashMap<u64, Blocked>,
    waits: u64,
    /// What is used only by way of pointers to its beginning: where, and how many bytes.
    kept: HashMap<Hidden, usize>,
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

static ON: AtomicBool = AtomicBool::new(false);

/// Notes from now on who waits.
pub(crate) fn note() {
    ON.store(true, Relaxed);
}

/// Whether an operation is one of those noted here.
pub(crate) fn notes(op: Op) -> bool {
    matches!(op, Op::Send | Op::Receive | Op::Select | Op::Sleep)
}

/// The number of the calling goroutine, if there is anything to note.
fn noted() -> Option<u64> {
    if ON.load(Relaxed) { gorge_sched::goroutine_id() } else { None }
}

/// The calling goroutine is about to wait.
pub(crate) fn waits(op: Op, object: usize) {
    let Some(id) = noted() else { return };
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
pub(crate) fn goes_on(object: usize) {
    let Some(id) = noted() else { return };
    let mut state = state();
    let Some(blocked) = state.blocked.get_mut(&id) else { return };
    if blocked.of.is_none() || !is_address(object) {
        // A select's arms go before the whole.
        state.blocked.remove(&id);
    }
}

pub(crate) fn keeps(object: usize, bytes: usize) {
    if ON.load(Relaxed) {
        state().kept.insert(Hidden::hide(object), bytes);
    }
}

pub(crate) fn gone(object: usize, _: usize) {
    if ON.load(Relaxed) {
        state().kept.remove(&Hidden::hide(object));
    }
}

/// All that is used only by way of pointers to its beginning.
#[cfg(target_os = "linux")] // only there is memory looked at
pub(crate) fn all_kept() -> Vec<(Hidden, usize)> {
    state().kept.iter().map(|(object, bytes)| (*object, *bytes)).collect()
}

/// All who wait for nothing but channels.
pub(crate) fn all() -> HashMap<u64, Blocked> {
    let state = state();
    let only = state.blocked.iter().filter(|(_, blocked)| blocked.by_channels_only());
    only.map(|(id, blocked)| (*id, blocked.clone())).collect()
}
