//! Finding out, without sleeping, that a goroutine waits.

#![allow(dead_code)] // each test uses some of it

use std::time::{Duration, Instant};

use gorge::Goroutine;
use gorge_sched::WaitReason;
use gorge_sched::registry::{self, State};

/// Long enough for anything that is going to happen; a test that waits so long has failed.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// Starts a goroutine under a name that no other test uses.
#[track_caller]
pub(crate) fn named<T: Send + 'static>(
    name: &str,
    f: impl FnOnce() -> T + Send + 'static,
) -> Goroutine<T> {
    gorge::Builder::new().name(name).go(f).unwrap()
}

/// Why the goroutine of this name waits: once it does.
#[track_caller]
pub(crate) fn waits(name: &str) -> WaitReason {
    let began = Instant::now();
    loop {
        for info in registry::all() {
            // (A plain thread may have the name of its test.)
            if info.name.as_deref() == Some(name)
                && info.id.is_some()
                && let State::Waiting { reason, .. } = info.state
            {
                return reason;
            }
        }
        assert!(began.elapsed() < LONG, "{name} does not wait");
        gorge::runtime::gosched();
    }
}

/// How long a stress test runs: a second, or minutes under `GORGE_STRESS=1`.
pub(crate) fn stress() -> Duration {
    let long = std::env::var_os("GORGE_STRESS").is_some_and(|value| value != "0");
    Duration::from_secs(if long { 60 } else { 1 })
}

/// A value that counts how many like it have been made and dropped.
#[derive(Debug)]
pub(crate) struct Counted<'a> {
    /// Which one it is.
    pub(crate) number: u64,
    balance: &'a Balance,
}

/// The books of [`Counted`].
#[derive(Debug, Default)]
pub(crate) struct Balance {
    made: std::sync::atomic::AtomicU64,
    dropped: std::sync::atomic::AtomicU64,
}

impl Balance {
    /// Books that live as long as the test process.
    pub(crate) fn new() -> &'static Balance {
        Box::leak(Box::default())
    }

    /// Makes a value.
    pub(crate) fn make(&self, number: u64) -> Counted<'_> {
        self.made.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Counted { number, balance: self }
    }

    /// How many values there are: made, and not dropped.
    pub(crate) fn alive(&self) -> i64 {
        let dropped = self.dropped.load(std::sync::atomic::Ordering::SeqCst);
        self.made.load(std::sync::atomic::Ordering::SeqCst) as i64 - dropped as i64
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.balance.dropped.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    }
}
