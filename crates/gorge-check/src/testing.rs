//! Tests of concurrent programs: time that jumps, and every order that matters.
//!
//! | to find | use |
//! |---|---|
//! | whether a program with timeouts does the right thing | [`bubble`], or `#[gorge::test(virtual_time)]` |
//! | bugs that show once in a thousand runs, or never here | [`explore`], or `#[gorge::test(explore = 10_000)]` |
//! | goroutines that a test leaves behind | `#[gorge::test]` |
//!
//! # Virtual time
//!
//! In a [`bubble`] time stands still while anything can run, and then jumps to the next timer. A
//! test of a timeout of an hour takes microseconds, and the timeout strikes after exactly an hour.
//!
//! ```
//! use gorge::{channel, go, select, testing, time};
//! use std::time::Duration;
//!
//! testing::bubble(|| {
//!     let (tx, rx) = channel(0);
//!     go(move || {
//!         time::sleep(Duration::from_secs(3599));
//!         tx.send("just in time").unwrap();
//!     });
//!     select! {
//!         recv(rx) -> word => assert_eq!(word, Ok("just in time")),
//!         timeout(Duration::from_secs(3600)) => panic!("too late"),
//!     }
//! });
//! ```
//!
//! [`wait`] waits until everybody else in the bubble waits: after it all that was to happen at once has
//! happened.
//!
//! # Every order
//!
//! A test that passes has shown that one order of its operations works. [`explore`] runs it again and
//! again in a bubble in which one goroutine runs at a time, and decides before each operation on a
//! channel, lock, atomic variable and so on who goes on. (`gorge::sync::atomic`, that is, and
//! [`race::Shared`](crate::race); what std has, nobody tells it about.) `select!` with several
//! possibilities is a decision, too; and a few times in each run a timer fires
//! although somebody could still run, as if everybody else had been slow.
//!
//! This transfers money with both accounts locked. There and back are locked in different orders:
//!
//! ```
//! use gorge::{go, sync::Mutex, testing};
//! use std::sync::Arc;
//!
//! fn transfers() {
//!     let (a, b) = (Arc::new(Mutex::new(10)), Arc::new(Mutex::new(10)));
//!     let (a2, b2) = (a.clone(), b.clone());
//!     let back = go(move || {
//!         let (mut from, mut to) = (b2.lock(), a2.lock());
//!         *from -= 1;
//!         *to += 1;
//!     });
//!     {
//!         let (mut from, mut to) = (a.lock(), b.lock());
//!         *from -= 1;
//!         *to += 1;
//!     }
//!     back.join().unwrap();
//! }
//!
//! let failure = testing::explore().name("transfers").check(transfers).unwrap_err();
//! assert_eq!(failure.what, "deadlock: all goroutines wait");
//! let again = testing::explore().replay(failure.schedule).check(transfers);
//! assert_eq!(again.unwrap_err().what, failure.what);
//! ```
//!
//! The report says what failed, how to see it again, what each goroutine did last, and where it is:
//!
//! ```text
//! deadlock: all goroutines wait
//!
//! found with schedule 4; 1 switch matters (of 1)
//! to see it again: GORGE_REPLAY=g111p-4tk cargo test transfers
//!
//! the last operations of each goroutine, of 5 in all:
//!   goroutine 15:
//!        1  go                   src/bank.rs:7
//!        2  lock mutex #1        src/bank.rs:13
//!        3  lock mutex #2        src/bank.rs:13
//!   goroutine 16:
//!        4  lock mutex #2        src/bank.rs:8
//!        5  lock mutex #1        src/bank.rs:8
//!
//! where they are:
//!
//! goroutine 15 [sync.Mutex.Lock]:
//! bank::transfers(...)
//!         src/bank.rs:13
//!
//! goroutine 16 [sync.Mutex.Lock]:
//! bank::transfers::{closure}(...)
//!         src/bank.rs:8
//! created by bank::transfers in goroutine 15
//!         src/bank.rs:7
//! ```
//!
//! A failing schedule is made plainer before it is printed: decisions are left out as long as the
//! run still fails in the same way. Above one switch is left: goroutine 15 stopped between its two locks.
//!
//! What counts as a failure: a panic that nobody joins (a failed assertion); a deadlock; goroutines left
//! behind when the test returned; a data race on a [`race::Shared`](crate::race) variable; more steps
//! than [`Explore::steps`].
//!
//! | strategy | tries | finds |
//! |---|---|---|
//! | [`schedules(n)`](Explore::schedules), the default | random walks and PCT of depth 3 by turns | most things |
//! | [`random(n)`](Explore::random) | each goroutine equally likely, at each step | what needs much interleaving |
//! | [`pct(depth, n)`](Explore::pct) | random priorities that change `depth - 1` times | what needs few switches in a long program; with known probability |
//! | [`preemptions(k)`](Explore::preemptions) | all with at most `k` preemptions | everything that needs no more: most bugs need two |
//! | [`exhaustive()`](Explore::exhaustive) | all, but one order only of what is independent | everything, in small programs |
//!
//! # What finds what
//!
//! | kind of bug | in any run | in a plain `#[gorge::test]` | by exploration |
//! |---|---|---|---|
//! | all goroutines wait | always: `all goroutines are asleep` | as there | in whatever order it takes |
//! | locks, semaphores, joins, scopes and wait groups in a circle, a lock taken twice | `GORGE_DEADLOCK=1`, as it closes | as it closes; ends the process | in whatever order it takes |
//! | locks taken in different orders, though nobody waited | `GORGE_LOCK_ORDER=1` | with that switch | it finds the deadlock itself |
//! | a goroutine that waits for ever: channels, contexts, wait groups, what holders never let go | `GORGE_LEAKS=1`, at the end: what nobody can reach | whoever is left some seconds after the test | whoever is left when the rest has ended |
//! | the same: conditions, barriers, latches, events; permits that were owned, split or forgotten | only if all wait | as above | as above |
//! | a data race on a [`Shared`](crate::race) variable, misuse of a wait group | `GORGE_RACE=1`, if both accesses are made | as there, without the switch | also if they are made in one order of many |
//! | send on a closed channel, a second close, a negative count | the panic, if it comes | as there | in whatever order it takes |
//! | a wrong result (atomicity, order) | if it comes, and is looked at | as there | in whatever order it takes, if something asserts it |
//! | a lost wakeup | if it comes: it deadlocks, and says which signal nobody heard | as there | in whatever order it takes |
//! | a loop that never ends | not | not: the test hangs | `no end within 100000 steps` |
//! | a timeout that strikes late or early | if it comes | `virtual_time`: exactly | timers fire early, too |
//!
//! # What the program must keep to
//!
//! - It runs anew each time: what it changes outside of its closure (statics, files) it finds changed.
//! - Its decisions come from Gorge: with plain threads, real time, or addresses that matter, a schedule
//!   does something else the second time. That is noticed and told, with the step at which it parted.
//! - A goroutine that blocks its thread (a std lock that another one of them holds) stops the exploration;
//!   after ten seconds that is said, with all stacks.
//! - A run ends by itself. Loops that only look whether something has happened let others run after a
//!   thousand looks.
//!
//! After a failed run its goroutines are unwound, as by [`goexit`](gorge_sched::goexit): those that wait where they
//! wait, the others at their next operation. What is on their stacks is dropped, and nothing is left of the run. (Who
//! waits in a destructor while it is unwound for what never comes stays where it is; that is said.)

pub use crate::bubble::{bubble, wait};
pub use crate::explore::{Explore, Explored, Failure, explore, fail};
#[doc(hidden)]
pub use crate::test::{Verdict, run_test, test_name};
