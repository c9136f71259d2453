//! One look at who waits for ever.

use std::collections::HashMap;
use std::ops::Range;

use gorge_base::probe::Op;
use gorge_sched::registry::{Holding, holdings};

use super::stuck::{Candidate, Candidates, Holder, Key, Need, Stuck};
use crate::blocked::{self, Blocked};
use crate::holds::{self, Waits};

/// An `Arc` has its counts in front of the value.
const COUNTS: usize = 2 * size_of::<usize>();

/// What one look tells.
#[derive(Default)]
pub(super) struct Look {
    /// Those who wait for ever.
    pub(super) stuck: Vec<Stuck>,
    /// Somebody was about to wait, or no longer waits, so that all it has was taken for live.
    pub(super) early: bool,
}

/// Looks once. The stack of the caller is live from `here` upwards.
pub(super) fn look(here: usize) -> Look {
    // In this order: who is known to wait was waiting before its stack was looked at.
    let channels = blocked::all();
    let waits: HashMap<u64, Waits> =
        holds::all_waits().into_iter().map(|waits| (waits.id, waits)).collect();
    if channels.is_empty() && waits.is_empty() {
        return Look::default();
    }
    let (goroutines, others) = holdings();
    let ids: Vec<u64> = goroutines.iter().map(|goroutine| goroutine.id).collect();
    let there = |id: u64| ids.contains(&id);
    let fibers = gorge_sched::mode() == gorge_sched::Mode::Fiber;
    let mut candidates = Candidates::default();
    let mut live = Vec::new();
    let mut early = false;
    for Holding { id, saved, running, ready, memory } in goroutines {
        let waits = match (channels.get(&id), waits.get(&id)) {
            // It goes on, and has only not said so yet.
            _ if ready => None,
            (Some(blocked), None) => Some((blocked.number, channels_of(blocked))),
            (_, Some(waits)) => need_of(waits, there).map(|need| (waits.number, need)),
            (None, None) => None,
        };
        match waits {
            Some((number, need)) if saved || !fibers => {
                candidates.put(Key::Goroutine(id), Candidate { number, need, memory });
            }
            waits => {
                early |= waits.is_some() && running;
                live.extend(memory.into_iter().map(|range| from_here(range, here)));
            }
        }
    }
    if !candidates.is_empty() {
        search(&mut candidates, live, others, here);
    }
    Look { stuck: candidates.stuck(), early }
}

fn channels_of(blocked: &Blocked) -> Need {
    Need::Pointer(blocked.channels.clone())
}

/// What must be there for a wait to end; `None`: nobody can tell.
fn need_of(waits: &Waits, there: impl Fn(u64) -> bool) -> Option<Need> {
    let ended = waits.others.iter().any(|(other, _)| !other.is_some_and(&there));
    let guarded = !matches!(waits.op, Op::Wait | Op::Join | Op::Once);
    let holder = |(other, has): &(Option<u64>, bool)| {
        // A plain thread does what it likes.
        let goroutine = Some((*other)?).filter(|id| there(*id));
        Some(Holder { goroutine, guard: (guarded && *has).then_some(waits.object) })
    };
    let holders = || waits.others.iter().map(holder).collect::<Option<Vec<Holder>>>();
    match waits.op {
        Op::Wait if waits.others.is_empty() => {
            Some(Need::Pointer(vec![waits.object, waits.object.before(COUNTS)]))
        }
        _ if waits.others.is_empty() => None,
        // Who has ended has let go of these, or is about to.
        _ if ended && !guarded => None,
        Op::Acquire => holders().map(Need::Any),
        _ => holders().map(Need::All),
    }
}

#[cfg(target_os = "linux")]
fn search(
    candidates: &mut Candidates,
    live: Vec<Range<usize>>,
    others: Vec<Range<usize>>,
    here: usize,
) {
    use gorge_sched::registry::worker_stacks;

    use super::memory::{Memory, unused_stacks};
    use crate::blocked::Hidden;

    if gorge_sched::mode() != gorge_sched::Mode::Fiber {
        return without_memory(candidates);
    }
    let Ok(mut memory) = Memory::open() else { return without_memory(candidates) };
    let mut not_roots = others;
    for (object, bytes) in blocked::all_kept() {
        // From the word before, so that no pointer to it is left anywhere by this.
        let start = object.before(size_of::<usize>()).address();
        let range = start..start + size_of::<usize>() + bytes;
        let need = Need::Pointer(vec![object, object.before(COUNTS)]);
        let candidate = Candidate { number: 0, need, memory: vec![range.clone()] };
        candidates.put(Key::Kept(object), candidate);
        not_roots.push(range);
    }
    not_roots.extend(unused_stacks(here, &worker_stacks()));
    let Ok(roots) = memory.writable(&not_roots) else { return without_memory(candidates) };
    let mut live: Vec<Range<usize>> = live.into_iter().chain(roots).collect();
    loop {
        while let Some(range) = live.pop() {
            let mut more = Vec::new();
            memory.words(&range, &mut |word| {
                // What is pointed to here is aligned at least so.
                if word % 4 == 0 && word != 0 {
                    more.extend(candidates.points_to(Hidden::hide(word)));
                }
            });
            live.extend(more);
        }
        live.extend(candidates.go_on());
        if live.is_empty() {
            return candidates.settle();
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn search(candidates: &mut Candidates, _: Vec<Range<usize>>, _: Vec<Range<usize>>, _: usize) {
    without_memory(candidates);
}

/// Whoever needs a pointer has one, for all one knows.
fn without_memory(candidates: &mut Candidates) {
    candidates.find_all();
    candidates.settle();
}

/// Of the stack that the caller is on, what is in use.
fn from_here(range: Range<usize>, here: usize) -> Range<usize> {
    if range.contains(&here) { here..range.end } else { range }
}
