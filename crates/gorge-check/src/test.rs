//! What `#[gorge::test]` expands to calls of.

use std::fmt::Debug;
use std::panic::resume_unwind;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use gorge_sched::WaitReason;
use gorge_sched::bubble::{Bubble, End};
use gorge_sched::registry::{self, State};

/// So long those whom the test has started may all wait after it, with no timer armed and nothing happening. (Longer
/// than a thread is ever stopped by a system that has other things to do.)
const QUIET: Duration = Duration::from_secs(3);

/// So long they may go on at all.
const PATIENCE: Duration = Duration::from_secs(15);

/// Runs a test. The goroutines that it has started must end.
#[track_caller]
pub fn run_test<F, T>(f: F) -> T
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    crate::install();
    crate::holds::enable_in_tests();
    let (tell, told) = mpsc::channel();
    let end = gorge_sched::run(|| {
        let mut bubble = Bubble::watch();
        let races = crate::race::test(bubble.number());
        let end = bubble.run(move || {
            let _ = tell.send(f());
        });
        let left = match end {
            End::LeftBehind => left_by(&bubble),
            _ => bubble.members(),
        };
        let end = match (races.verdict(), end) {
            (Some(text), End::Done | End::LeftBehind) if left.is_empty() => End::Failed(text),
            (Some(text), end) => {
                gorge_scope::stacks::write(&format!("{text}\n"));
                end
            }
            (None, end) => end,
        };
        match end {
            End::LeftBehind if !left.is_empty() => {
                let n = left.len();
                let s = if n == 1 { "" } else { "s" };
                let why = crate::holds::why(|id| left.contains(&id));
                let stacks = gorge_scope::stacks_of(&left);
                let text = format!("{n} goroutine{s} left behind by the test\n{why}\n{stacks}");
                End::Failed(text)
            }
            end => end,
        }
    });
    match end {
        End::Panicked(panicked) => resume_unwind(panicked.payload),
        End::Failed(text) => panic!("{text}"),
        _ => told.try_recv().expect("the test left through goexit"),
    }
}

/// Waits for the goroutines of a test that is over. Gives those that do not end.
fn left_by(bubble: &Bubble) -> Vec<u64> {
    let began = Instant::now();
    let (mut quiet_since, mut before) = (began, Vec::new());
    loop {
        let left = bubble.members();
        if left != before || may_go_on(&left) {
            quiet_since = Instant::now();
        }
        if left.is_empty() || quiet_since.elapsed() >= QUIET || began.elapsed() >= PATIENCE {
            return left;
        }
        before = left;
        gorge_sync::time::sleep(Duration::from_millis(1));
    }
}

/// Whether one of those runs, or waits for what comes by itself.
fn may_go_on(those: &[u64]) -> bool {
    let waits = |state| match state {
        State::Waiting { reason, .. } => !matches!(reason, WaitReason::Sleep | WaitReason::Io),
        _ => false,
    };
    let among = |id: Option<u64>| id.is_some_and(|id| those.contains(&id));
    gorge_sched::timer::live() > 0
        || registry::all().iter().any(|info| among(info.id) && !waits(info.state))
}

/// As the test harness calls it: without the name of the crate.
#[must_use]
pub fn test_name(module: &str, name: &str) -> String {
    match module.split_once("::") {
        Some((_, module)) => format!("{module}::{name}"),
        None => name.to_owned(),
    }
}

/// What a test may return.
pub trait Verdict {
    /// Panics unless it is good.
    fn check(self);
}

impl Verdict for () {
    fn check(self) {}
}

impl<T, E: Debug> Verdict for Result<T, E> {
    #[track_caller]
    fn check(self) {
        if let Err(error) = self {
            panic!("Error: {error:?}");
        }
    }
}
