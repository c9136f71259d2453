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
//! - Waits for conditions, barriers, latches, events: each lies within something else (the `Arc` of a mutex and its
//!   condition), and who can reach it has a pointer to the whole, whose beginning nobody here knows. A test, a bubble and an
//!   exploration find them when nothing can end them. For timers, the network; or with a time limit.
//! - A select with an arm that is not a channel's.
//! - A channel of which a handle lies in the heap (in a `Box`, a `Vec`, another
//!   channel; in the `Arc` of a struct, as programs brought from Go have it), though nobody uses that any more: the heap is
//!   all taken for live, but for contexts. (Tests, bubbles and explorations find these, too.) So
//!   a context that was made from another one that has not ended counts as one that can be cancelled.
//! - A channel whose handle was moved away, but whose old place on a live stack has not been
//!   written to since.
//! - Permits of a semaphore of which any were ever owned, split or forgotten.
//! - Whatever takes looking through memory, in thread mode, or elsewhere than on Linux: there only
//!   goroutines are reported that join each other in a circle.
//!
//! # Why there is no false alarm
//! A goroutine is reported only if three looks agree on one and the same wait, and on those it waits for; who was made ready waits
//! no more, though it has not run since. One look can miss a handle
//! that is on its way from one place to another, or in a register of a goroutine that
//! runs right now and nowhere in memory; three looks, between which the others
//! run, miss it only if it is so each time. A program in which a goroutine computes for long with the only
//! handle in a register, or whose thread the system stops just there for as long as the looks take, might be wronged. (Stopping all threads by signals would close that
//! gap.) So might one that calls `done` for a goroutine that was started by `WaitGroup::go`, or that
//! gives back permits (`Semaphore::release`) that were not [forgotten](gorge_sync::sync::Permits::forget).
//!
//! Waits are noted from the moment that [`enable`] was called, or with
//! `GORGE_LEAKS=1`; those before are not known, and not reported.

mod look;
#[cfg(target_os = "linux")]
mod memory;
mod stuck;

use std::time::{Duration, Instant};

use self::look::Look;
use self::stuck::Stuck;

/// So many looks must agree.
const LOOKS: u32 = 3;

/// For so long looks that come a moment too early do not count: a thread may be stopped in that moment, by a system
/// that has other things to do.
const PATIENCE: Duration = Duration::from_secs(5);

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
    let began = Instant::now();
    agreed(|| look::look(&raw const here as usize), || began.elapsed() < PATIENCE)
}

/// Those of whom as many looks as are needed agree. A look that came too early counts if nobody is patient any more.
fn agreed(mut look: impl FnMut() -> Look, mut patient: impl FnMut() -> bool) -> Vec<u64> {
    let mut agreed: Option<Vec<Stuck>> = None;
    let mut looks = 0;
    while looks < LOOKS {
        let found = look();
        if !found.early || !patient() {
            let now = match agreed {
                None => found.stuck,
                Some(before) => stuck::both(before, &found.stuck),
            };
            if now.is_empty() {
                return Vec::new();
            }
            agreed = Some(now);
            looks += 1;
        }
        gorge_sync::time::sleep(Duration::from_millis(1));
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
        crate::ending::at_the_end(tell);
    }
    fn tell() {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks, each of which finds that somebody is stuck, or not; one may come too early.
    fn after(looks: &[(bool, bool)]) -> (Vec<u64>, usize) {
        let (mut next, mut patience) = (0, 10);
        let look = || {
            let (stuck, early) = looks[next];
            next += 1;
            let stuck = stuck.then(|| Stuck { id: 7, number: 1, because_of: Vec::new() });
            Look { stuck: stuck.into_iter().collect(), early }
        };
        let patient = || {
            patience -= 1;
            patience >= 0
        };
        let found = agreed(look, patient);
        (found, next)
    }

    const FOUND: (bool, bool) = (true, false);
    const EARLY_LOOK: (bool, bool) = (false, true);

    #[test]
    fn all_looks_must_agree() {
        assert_eq!(after(&[FOUND; 3]), (vec![7], 3));
        assert_eq!(after(&[FOUND, FOUND, (false, false)]), (vec![], 3));
        assert_eq!(after(&[(false, false)]), (vec![], 1));
    }

    #[test]
    fn a_look_that_came_too_early_says_nothing() {
        assert_eq!(after(&[EARLY_LOOK, FOUND, EARLY_LOOK, FOUND, FOUND]), (vec![7], 5));
        // But not for ever.
        assert_eq!(after(&[EARLY_LOOK; 20]), (vec![], 11));
    }
}
