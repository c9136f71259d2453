//! Tests in virtual time: `bubble` and `wait`.

use std::panic::resume_unwind;
use std::sync::mpsc;

use gorge_sched::bubble::{self, Bubble, End};

/// Runs `f` in a bubble: a group of goroutines with a clock of its own.
///
/// The goroutine that runs `f`, and all that are started from it, are its members.
/// While any of them runs or can run, time stands still in the bubble; when all
/// wait, it jumps to the next timer. So a test that sleeps for hours ends at
/// once, and always in the same order. When `f` has returned the other members must end too; for that the
/// clock jumps a hundred more times at most, so that who listens to a ticker for ever is found.
///
/// # Blocking
/// Until all members have ended, or none can go on. A dump says `[bubble]`.
///
/// A member waits for ever only as far as the bubble knows: what it waits for is to come from
/// another member, or from a timer. Two things are known to come from outside: who waits for the
/// network or a file is waited for; and a lock may be held by somebody outside, so it counts as
/// waiting for ever only after 20 milliseconds of real time, and only when then nobody outside runs, is ready, or waits
/// for the clock or a descriptor, and no other thread computes; after 10 seconds in any case.
///
/// # Panics
/// - With the panic of `f`, or of a member that nobody can join.
/// - `deadlock: all goroutines of the bubble wait`, with their stacks.
/// - `goroutines left behind`: `f` has returned and they wait for what never comes.
/// - `data race`: see [`race`](crate::race). (Not with `GORGE_RACE=0`.)
///
/// The members that wait for ever stay where they are, in nobody's way.
///
/// # Examples
/// ```
/// use gorge::{channel, go, testing, time};
/// use std::time::Duration;
///
/// testing::bubble(|| {
///     let began = time::now();
///     let (tx, rx) = channel(0);
///     go(move || {
///         time::sleep(Duration::from_secs(3600));
///         tx.send("an hour later").unwrap();
///     });
///     assert_eq!(rx.recv(), Ok("an hour later"));
///     assert_eq!(began.elapsed(), Duration::from_secs(3600)); // exactly, and at once
/// });
/// ```
///
/// # Compared with Go
/// `synctest.Test`. There time stands still when the function has returned, and a goroutine that waits for a mutex keeps time from going on; here only
/// for so long as said above, so that a deadlock of locks is found.
#[track_caller]
pub fn bubble<F, T>(f: F) -> T
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    crate::install();
    let (tell, told) = mpsc::channel();
    let (end, members, dump) = gorge_sched::run(|| {
        let mut bubble = Bubble::new();
        let races = crate::race::test(bubble.number());
        let end = bubble.run(move || {
            let _ = tell.send(f());
        });
        let members = bubble.members();
        let dump = match end {
            End::Deadlock | End::LeftBehind => gorge_scope::stacks_of(&members),
            _ => String::new(),
        };
        bubble.dispose();
        let end = match (races.verdict(), end) {
            (Some(text), End::Done) => End::Failed(text),
            (Some(text), end) => {
                gorge_scope::stacks::write(&format!("{text}\n"));
                end
            }
            (None, end) => end,
        };
        (end, members.len(), dump)
    });
    match end {
        End::Panicked(panicked) => resume_unwind(panicked.payload),
        End::Failed(text) => panic!("{text}"),
        End::Deadlock => panic!("deadlock: all goroutines of the bubble wait\n\n{dump}"),
        End::LeftBehind => {
            let s = if members == 1 { "" } else { "s" };
            panic!(
                "{members} goroutine{s} left behind when the bubble's function had returned\n\n{dump}"
            )
        }
        _ => match told.try_recv() {
            Ok(value) => value,
            Err(_) => panic!("the bubble's function left through goexit"),
        },
    }
}

/// Waits until every other goroutine of the caller's bubble waits: for what only
/// another member or the clock can bring about.
///
/// # Blocking
/// Until then; time does not go on meanwhile. A dump says `[testing.Wait]`.
///
/// # Panics
/// Outside of a bubble, and when another member is in `wait` already.
///
/// # Examples
/// ```
/// use gorge::{go, testing};
/// use gorge_base::atomic::{AtomicBool, Ordering::SeqCst};
/// use std::sync::Arc;
///
/// testing::bubble(|| {
///     let done = Arc::new(AtomicBool::new(false));
///     let theirs = done.clone();
///     go(move || theirs.store(true, SeqCst)).detach();
///     testing::wait();
///     assert!(done.load(SeqCst));
/// });
/// ```
///
/// # Compared with Go
/// `synctest.Wait`.
#[track_caller]
pub fn wait() {
    bubble::wait();
}
