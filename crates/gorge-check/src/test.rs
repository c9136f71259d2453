//! What `#[gorge::test]` expands to calls of.

use std::fmt::Debug;
use std::panic::resume_unwind;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use gorge_sched::bubble::{Bubble, End};

/// So long after the test the goroutines it has started may still run.
const PATIENCE: Duration = Duration::from_secs(1);

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
        let end = bubble.run(move || {
            let _ = tell.send(f());
        });
        let began = Instant::now();
        let mut left = bubble.members();
        while matches!(end, End::LeftBehind) && !left.is_empty() && began.elapsed() < PATIENCE {
            gorge_sync::time::sleep(Duration::from_millis(1));
            left = bubble.members();
        }
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
