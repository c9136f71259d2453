//! What a timer may do when it fires: the scheduler, seen through a slit.

use std::fmt;
use std::panic::Location;

use crate::runtime::task::Task;

/// Given to a timer's fire function, as proof that scheduler code is running
/// it: what it makes ready or starts goes straight to a run queue.
pub struct Firing {
    pub(crate) now: u64,
    /// The worker, for the two functions.
    pub(crate) worker: *const (),
    pub(crate) ready: unsafe fn(*const (), Task),
    pub(crate) spawn: unsafe fn(*const (), Box<dyn FnOnce() + Send>, &'static Location<'static>),
}

impl Firing {
    /// The time for which timers are being run, in nanoseconds.
    pub fn now(&self) -> u64 {
        self.now
    }

    /// Makes `task` ready.
    ///
    /// # Safety
    /// As for [`ready`](crate::ready): once per park.
    pub unsafe fn ready(&self, task: Task) {
        // SAFETY: a `Firing` exists only while its worker runs timers, inside
        // scheduler code; the rest is the caller's promise.
        unsafe { (self.ready)(self.worker, task) }
    }

    /// Starts a goroutine nobody can join. `at` is where the program asked
    /// for it.
    pub fn spawn(&self, f: Box<dyn FnOnce() + Send>, at: &'static Location<'static>) {
        // SAFETY: as above.
        unsafe { (self.spawn)(self.worker, f, at) }
    }
}

impl fmt::Debug for Firing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Firing").field("now", &self.now).finish_non_exhaustive()
    }
}
