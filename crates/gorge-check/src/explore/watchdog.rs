//! Notices that an exploration is stuck: one of its goroutines computes, or blocks its
//! thread, and never comes to an operation at which it could be left.
//!
//! It can only say so: nobody can take a goroutine off its thread.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

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
                if !*over && timeout.timed_out() && now == before {
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
    fn silence_is_told_and_a_pulse_is_not() {
        static TOLD: (Mutex<u32>, Condvar) = (Mutex::new(0), Condvar::new());
        let tell: fn() = || {
            *TOLD.0.lock().unwrap() += 1;
            TOLD.1.notify_one();
        };
        let quiet = Pulse::default();
        let watchdog = Watchdog::start(&quiet, Duration::from_millis(1), tell);
        let told = TOLD.1.wait_while(TOLD.0.lock().unwrap(), |told| *told == 0).unwrap();
        assert_eq!(*told, 1);
        drop(told);
        drop(watchdog);
        let over = Watchdog::start(&quiet, Duration::from_secs(3600), || panic!("not over"));
        drop(over);
    }
}
