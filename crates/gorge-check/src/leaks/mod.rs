//! Goroutines that wait for ever, because nobody else can reach what they wait for.
//!
//! Go finds them when it collects garbage. Here the memory of the process is looked
//! through for pointers, conservatively: whatever looks like one is one.
//!
//! ```text
//!   roots     all memory that can be written (statics, the heap, stacks of threads),
//!             goroutines that run, are ready, or wait for anything but what follows
//!   alive     who waits for channels only, or for a wait group: when a pointer to one of them is
//!             found in live memory; then its stack is live too
//!             who waits for what others hold (a lock, a once, an end, a scope): when all of them are
//!             alive; for permits: when one of them is
//!             who holds a lock or permits and waits, or has ended: when a guard is found in live memory
//!   leaked    the others
//! ```
//!
//! # What is found
//! - A goroutine that sends, receives, or selects among channels (nil ones too), when no
//!   handle of these is left but on the stacks of such goroutines themselves: the receiver
//!   that gave up, the sender that returned early, two that wait for each other.
//! - One that waits for the end of a context that nobody can cancel any more (made from
//!   `background()`, or from one that is over).
//! - One that waits for a wait group of which nobody else has a handle.
//! - One that waits for a lock that was never let go: its holder has ended or waits for ever itself, and the
//!   guard is nowhere else; so too for a `Once`, a join, a scope, permits. With channels mixed in: who holds
//!   the lock sends to who waits for it.
//!
//! # What is not found
//! - Waits for conditions, barriers, latches, events, timers, the network; or with a time limit.
//! - A select with an arm that is not a channel's.
//! - A channel of which a handle lies in the heap (in a `Box`, a `Vec`, another
//!   channel), though nobody uses that any more: the heap is all taken for live, but for contexts. So
//!   a context that was made from another one that has not ended counts as one that can be cancelled.
//! - A channel whose handle was moved away, but whose old place on a live stack has not been
//!   written to since.
//! - Permits of a semaphore of which any were ever owned, split or forgotten.
//! - Whatever takes looking through memory, in thread mode, or elsewhere than on Linux: there only
//!   goroutines are reported that join each other in a circle.
//!
//! # Why there is no false alarm
//! A goroutine is reported only if three looks agree on one and the same wait, and on those it waits for. One look can miss a handle
//! that is on its way from one place to another, or in a register of a goroutine that
//! runs right now and nowhere in memory; three looks, between which the others
//! run, miss it only if it is so each time. A program in which a goroutine computes for long with the only
//! handle in a register might be wronged. (Stopping all threads by signals would close that
//! gap.) So might one that calls `done` for a goroutine that was started by `WaitGroup::go`, or that
//! gives back permits (`Semaphore::release`) that were not [forgotten](gorge_sync::sync::Permits::forget).
//!
//! Waits are noted from the moment that [`enable`] was called, or with
//! `GORGE_LEAKS=1`; those before are not known, and not reported.

mod look;
#[cfg(target_os = "linux")]
mod memory;
mod stuck;

use self::stuck::Stuck;

/// So many looks must agree.
const LOOKS: u32 = 3;

/// Notes from now on who waits for what.
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
    let mut agreed: Option<Vec<Stuck>> = None;
    for _ in 0..LOOKS {
        let found = look::look(&raw const here as usize);
        let now = match agreed {
            None => found,
            Some(before) => stuck::both(before, &found),
        };
        if now.is_empty() {
            return Vec::new();
        }
        agreed = Some(now);
        gorge_sync::time::sleep(std::time::Duration::from_millis(1));
    }
    agreed.unwrap_or_default().into_iter().map(|stuck| stuck.id).collect()
}

/// A dump of the goroutines that wait for ever; empty if there is none.
///
/// # Blocking
/// As [`leaked`].
#[must_use]
pub fn leaks() -> String {
    let leaked = leaked();
    if leaked.is_empty() { String::new() } else { dump(&leaked) }
}

/// Who has what they wait for, as far as that is known, and where they are.
fn dump(leaked: &[u64]) -> String {
    let why = crate::holds::why(|id| leaked.contains(&id));
    let stacks = gorge_scope::stacks_of(leaked);
    match why.trim_start_matches('\n') {
        "" => stacks,
        why => format!("{why}\n{stacks}"),
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
        let dump = dump(&leaked);
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
