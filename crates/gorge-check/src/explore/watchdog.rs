//! Notices that an exploration is stuck: one of its goroutines computes, or blocks its
//! thread, and never comes to an operation at which it could be left.
//!
//! It can only say so: nobody can take a goroutine off its thread.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use gorge_base::atomic::{AtomicU64, Ordering::Relaxed};

/// So long nothing happens before it says something.
pub(crate) const LIMIT: Duration = Duration::from_secs(10);

/// Counts what happens. One goroutine at a time does so.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pulse(Arc<AtomicU64>);

impl Pulse {
    pub(crate) fn beat(&self) {
        // Not `fetch_add`: it is read by another thread, but written by one.
        self.0.store(self.0.load(Relaxed) + 1, Relaxed);
    }
}

/// Watches until it is dropped.
#[derive(Debug)]
pub(crate) struct Watchdog(Arc<(Mutex<bool>, Condvar)>);

impl Watchdog {
    /// Calls `tell`, once, when `pulse` has not beaten for so long.
    pub(crate) fn start(pulse: &Pulse, limit: Duration, tell: fn()) -> Watchdog {
        let over = Arc::new((Mutex::new(false), Condvar::new()));
        let (theirs, pulse) = (over.clone(), pulse.clone());
        let watch = move || {
            let mut before = pulse.0.load(Relaxed);
            let mut over = theirs.0.lock().unwrap_or_else(PoisonError::into_inner);
            while !*over {
                let waited = theirs.1.wait_timeout(over, limit);
                let (held, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
                over = held;
                let now = pulse.0.load(Relaxed);
                if is_silent(*over, timeout.timed_out(), before, now) {
                    drop(over);
                    return tell();
                }
                before = now;
            }
        };
        // Without a thread for it the exploration does as well.
        drop(std::thread::Builder::new().name("gorge-watchdog".into()).spawn(watch));
        Watchdog(over)
    }
}

/// Whether the exploration is stuck: it goes on, the whole time has passed, and nothing has happened in it.
fn is_silent(over: bool, timed_out: bool, before: u64, now: u64) -> bool {
    !over && timed_out && now == before
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.1.notify_one();
    }
}

/// What is said of an exploration that is stuck.
pub(crate) fn tell() {
    gorge_scope::stacks::write(&format!(
        "gorge: the exploration is stuck: for {} seconds none of its goroutines has come to an \
         operation of Gorge. One of them computes, or blocks its thread (a lock of std that another one holds, a \
         system call).\n\n{}",
        LIMIT.as_secs(),
        gorge_scope::stack(true)
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_silence_for_the_whole_time_counts() {
        assert!(is_silent(false, true, 7, 7));
        assert!(!is_silent(false, true, 7, 8), "something has happened");
        assert!(!is_silent(false, false, 7, 7), "woken before the time");
        assert!(!is_silent(true, true, 7, 7), "it is over");
    }

    #[test]
    fn silence_is_told() {
        static TOLD: (Mutex<u32>, Condvar) = (Mutex::new(0), Condvar::new());
        let tell: fn() = || {
            *TOLD.0.lock().unwrap() += 1;
            TOLD.1.notify_one();
        };
        let watchdog = Watchdog::start(&Pulse::default(), Duration::from_millis(1), tell);
        let told = TOLD.1.wait_while(TOLD.0.lock().unwrap(), |told| *told == 0).unwrap();
        assert_eq!(*told, 1);
        drop(told);
        drop(watchdog);
    }

    #[test]
    fn a_watchdog_ends_with_its_exploration() {
        let pulse = Pulse::default();
        drop(Watchdog::start(&pulse, Duration::from_secs(3600), || ()));
        // Its thread lets go of the pulse when it ends.
        while Arc::strong_count(&pulse.0) > 1 {
            std::thread::yield_now();
        }
    }
}
