//! What detectors do when the program ends.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Does what is left to do. A panic in it is told, and harms nobody.
pub(crate) fn at_the_end(look: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(look)) {
        let why = gorge_sched::message(&*panic).unwrap_or("a panic");
        gorge_scope::stacks::write(&format!("gorge: a detector has failed at the end: {why}\n"));
        std::mem::forget(panic); // its destructor may panic as well
    }
}

/// The reports that are being written. To find the names of functions takes a debug build a second, in which `main` may
/// well return: whoever ends the program waits until they are written.
#[derive(Debug)]
pub(crate) struct Reports {
    under_way: Mutex<usize>,
    written: Condvar,
}

/// A report is being written as long as this exists.
#[derive(Debug)]
#[must_use]
pub(crate) struct UnderWay(&'static Reports);

impl Reports {
    pub(crate) const fn new() -> Reports {
        Reports { under_way: Mutex::new(0), written: Condvar::new() }
    }

    /// One more is being written.
    pub(crate) fn begin(&'static self) -> UnderWay {
        *self.under_way() += 1;
        UnderWay(self)
    }

    /// Waits until all are written; so long at most, should somebody never come to the end of one. Says whether they are.
    pub(crate) fn wait(&self, at_most: Duration) -> bool {
        let under_way = self.under_way();
        let (under_way, _) = self
            .written
            .wait_timeout_while(under_way, at_most, |under_way| *under_way > 0)
            .unwrap_or_else(PoisonError::into_inner);
        *under_way == 0
    }

    fn under_way(&self) -> MutexGuard<'_, usize> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        *self.0.under_way() -= 1;
        self.0.written.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_waits_for_reports() {
        static REPORTS: Reports = Reports::new();
        let long = Duration::from_secs(600);
        assert!(REPORTS.wait(Duration::ZERO), "none is under way");
        let (one, other) = (REPORTS.begin(), REPORTS.begin());
        drop(one);
        assert!(!REPORTS.wait(Duration::ZERO), "one is under way");
        let ends = std::thread::spawn(move || REPORTS.wait(long));
        drop(other);
        assert!(ends.join().unwrap());
    }

    #[test]
    fn a_report_that_fails_is_over() {
        static REPORTS: Reports = Reports::new();
        let failed = std::panic::catch_unwind(|| {
            let _under_way = REPORTS.begin();
            std::panic::resume_unwind(Box::new("no names"));
        });
        assert!(failed.is_err() && REPORTS.wait(Duration::ZERO));
    }
}
