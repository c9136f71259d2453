//! Goroutines that wait for ever, because nobody else can reach what they wait for.
//!
//! Go finds them when it collects garbage. Here the memory of the process is looked
//! through for pointers, conservatively: whatever looks like one is one.
//!
//! ```text
//!   roots     all memory that can be written (statics, the heap, stacks of threads),
//!             goroutines that run, are ready, or wait for anything but channels
//!   a goroutine that waits for channels only is alive when a pointer to one
//!             of its channels is found in live memory; then its stack is live too
//!   leaked    the others
//! ```
//!
//! # What is found
//! A goroutine that sends, receives, or selects among channels (nil ones too), when no
//! handle of these is left but on the stacks of such goroutines themselves: the receiver
//! that gave up, the sender that returned early, two that wait for each other.
//!
//! # What is not found
//! - Waits for anything but channels, or with a time limit.
//! - A channel of which a handle lies in the heap (in a `Box`, a `Vec`, a context, another
//!   channel), though nobody uses that any more: the heap is all taken for live.
//! - A channel whose handle was moved away, but whose old place on a live stack has not been
//!   written to since.
//! - Anything in thread mode, or elsewhere than on Linux.
//!
//! # Why there is no false alarm
//! A goroutine is reported only if three looks agree on one and the same wait. One look can miss a handle
//! that is on its way from one place to another, or in a register of a goroutine that
//! runs right now and nowhere in memory; three looks, between which the others
//! run, miss it only if it is so each time. A program in which a goroutine computes for long with the only
//! handle in a register might be wronged. (Stopping all threads by signals would close that
//! gap.)
//!
//! Waits are noted from the moment that [`enable`] was called, or with
//! `GORGE_LEAKS=1`; those before are not known, and not reported.

#[cfg(target_os = "linux")]
mod memory;

/// Notes from now on who waits for which channels.
pub fn enable() {
    crate::blocked::note();
    crate::holds::enable();
}

/// The goroutines that wait for ever: their numbers.
///
/// # Blocking
/// For as long as it takes to look through the memory of the process three times;
/// meanwhile goroutines run, but for moments.
///
/// # Examples
/// ```
/// use gorge::{channel, go, runtime::leak};
///
/// gorge::run(|| {
///     leak::enable(); // as `GORGE_LEAKS=1`
///     assert!(leak::leaked().is_empty());
///     assert_eq!(leak::leaks(), ""); // otherwise a dump of them
/// });
/// ```
#[must_use]
#[inline(never)]
pub fn leaked() -> Vec<u64> {
    let here = 0_u8;
    let mut agreed: Option<Vec<(u64, u64)>> = None;
    for _ in 0..3 {
        let found = look::look(&raw const here as usize);
        agreed = Some(match agreed {
            None => found,
            Some(before) => before.into_iter().filter(|wait| found.contains(wait)).collect(),
        });
        if agreed.as_ref().is_some_and(Vec::is_empty) {
            break;
        }
        gorge_sync::time::sleep(std::time::Duration::from_millis(1));
    }
    agreed.unwrap_or_default().into_iter().map(|(id, _)| id).collect()
}

/// A dump of the goroutines that wait for ever; empty if there is none.
///
/// # Blocking
/// As [`leaked`].
#[must_use]
pub fn leaks() -> String {
    let leaked = leaked();
    if leaked.is_empty() { String::new() } else { gorge_scope::stacks_of(&leaked) }
}

#[cfg(target_os = "linux")]
mod look {
    use std::collections::HashMap;
    use std::ops::Range;

    use gorge_sched::registry::{Holding, holdings};

    use super::memory::Memory;
    use crate::blocked::{self, Blocked, Hidden};

    /// Those who wait for ever as far as one look tells, with the numbers of their waits.
    /// The stack of the caller is live from `here` upwards.
    pub(super) fn look(here: usize) -> Vec<(u64, u64)> {
        if gorge_sched::mode() != gorge_sched::Mode::Fiber {
            return Vec::new();
        }
        let blocked = blocked::all();
        if blocked.is_empty() {
            return Vec::new();
        }
        let Ok(mut memory) = Memory::open() else { return Vec::new() };
        let (goroutines, others) = holdings();
        let Ok(mut live) = memory.writable(&others) else { return Vec::new() };
        let mut candidates: HashMap<u64, (Blocked, Vec<Range<usize>>)> = HashMap::new();
        for Holding { id, saved, memory } in goroutines {
            match blocked.get(&id) {
                Some(blocked) if saved => _ = candidates.insert(id, (blocked.clone(), memory)),
                _ => live.extend(memory.into_iter().map(|range| from_here(range, here))),
            }
        }
        let mut waiters: HashMap<Hidden, Vec<u64>> = HashMap::new();
        for (id, (blocked, _)) in &candidates {
            for channel in &blocked.channels {
                waiters.entry(*channel).or_default().push(*id);
            }
        }
        while let Some(range) = live.pop() {
            let mut reached = Vec::new();
            memory.words(&range, &mut |word| {
                if word % 64 == 0
                    && word != 0
                    && let Some(ids) = waiters.remove(&Hidden::hide(word))
                {
                    reached.extend(ids);
                }
            });
            for id in reached {
                live.extend(candidates.remove(&id).into_iter().flat_map(|(_, memory)| memory));
            }
        }
        candidates.into_iter().map(|(id, (blocked, _))| (id, blocked.number)).collect()
    }

    /// Of the stack that the caller is on, what is in use.
    fn from_here(range: Range<usize>, here: usize) -> Range<usize> {
        if range.contains(&here) { here..range.end } else { range }
    }
}

#[cfg(not(target_os = "linux"))]
mod look {
    pub(super) fn look(_: usize) -> Vec<(u64, u64)> {
        Vec::new()
    }
}

/// Tells of leaks when the program ends.
#[cfg(unix)]
pub(crate) fn tell_at_exit() {
    extern "C" fn ends() {
        let leaked = leaked();
        if leaked.is_empty() {
            return;
        }
        let (n, s) = (leaked.len(), if leaked.len() == 1 { "" } else { "s" });
        let dump = gorge_scope::stacks_of(&leaked);
        gorge_scope::stacks::write(&format!(
            "==================\nWARNING: {n} goroutine{s} leaked: blocked for ever\n\n{dump}\
             ==================\n"
        ));
    }
    // SAFETY: the function stays where it is.
    unsafe { libc::atexit(ends) };
}

#[cfg(not(unix))]
pub(crate) fn tell_at_exit() {}
