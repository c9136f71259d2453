//! Waiting for a change of what a mutex guards.
//!
//! Promise: `signal` lets one go that waited before it, in the order of
//! arrival; no signal is lost between unlocking the mutex and waiting, and none
//! to somebody whose time was over. Nobody goes on without a signal.
//!
//! ```text
//!   wait     enter the list (lock) -> unlock the mutex -> signalled already?
//!              | no                                        | yes
//!              v                                           |
//!            enlist in one's own entry, park -> woken ---->+-> lock the mutex
//!
//!   signal   take the first entry out of the list (lock).
//!            its owner parks: wake it. Not yet, or it was woken by something else: mark
//!            the entry, which it looks at before it gives up, and before it waits on.
//! ```
//!
//! Invariants:
//! - An entry lies on the stack of its owner, and is linked from before the
//!   mutex is unlocked until it is signalled or its owner has taken it out.
//! - Everything but the counter happens under the lock.
//!
//! Why two steps: unlocking the mutex may wake somebody, which one who is about
//! to park must not do; and entering after unlocking would lose signals.

mod arm;
mod line;

use std::fmt;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::ptr::NonNull;
use std::time::Duration;

use gorge_base::probe::{self, Op};

use self::arm::Signalled;
use self::line::{Entry, Line};
use super::mutex::MutexGuard;
use crate::select::{Selectable, one, one_of_two, one_until};
use crate::time::instant::Instant;

/// Lets goroutines (and plain threads) wait for a change of what a
/// [`Mutex`](super::Mutex) guards.
///
/// The waiter locks, looks, and waits as long as it does not see what it needs;
/// waiting unlocks the mutex meanwhile. Who makes the change signals.
///
/// Often a channel says the same with less: its value is the news itself.
///
/// # Examples
/// ```
/// use gorge::sync::{Condvar, Mutex};
///
/// static QUEUE: Mutex<Vec<u32>> = Mutex::new(Vec::new());
/// static FILLED: Condvar = Condvar::new();
///
/// gorge::scope(|s| {
///     let taker = s.go(|| {
///         let mut queue = QUEUE.lock();
///         FILLED.wait_while(&mut queue, |queue| queue.is_empty());
///         queue.pop()
///     });
///     QUEUE.lock().push(7);
///     FILLED.signal();
///     assert_eq!(taker.join().unwrap(), Some(7));
/// });
/// ```
///
/// # Compared with Go
/// `sync.Cond`: `Wait`, `Signal`, `Broadcast`; the mutex is named at each
/// wait, by its guard. Waiting with a deadline is new.
pub struct Condvar {
    line: Line,
}

/// Whether a wait with a time limit has ended by it.
///
/// # Examples
/// ```
/// use gorge::sync::{Condvar, Mutex};
/// use std::time::Duration;
///
/// let (lock, changed) = (Mutex::new(0), Condvar::new());
/// let result = changed.wait_timeout(&mut lock.lock(), Duration::from_millis(1));
/// assert!(result.timed_out());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitTimeoutResult(bool);

impl WaitTimeoutResult {
    /// True when the time was over before there was a signal.
    #[must_use]
    pub fn timed_out(self) -> bool {
        self.0
    }
}

impl Condvar {
    const_unless_loom! {
        /// A condition nobody waits for.
        #[must_use]
        pub const fn new() -> Self {
            Condvar { line: Line::new() }
        }
    }

    /// Unlocks the mutex, waits for a signal, and locks the mutex again.
    ///
    /// # Blocking
    /// Until [`signal`](Self::signal) or [`broadcast`](Self::broadcast); a dump
    /// shows `[sync.Cond.Wait]`. Then for the mutex. There are no wakes without
    /// a signal; but between the signal and the lock others may have changed
    /// what the mutex guards, so look again, or use
    /// [`wait_while`](Self::wait_while).
    ///
    /// # Examples
    /// ```
    /// use gorge::sync::{Condvar, Mutex};
    ///
    /// let (ready, changed) = (Mutex::new(false), Condvar::new());
    /// gorge::scope(|s| {
    ///     s.go(|| {
    ///         *ready.lock() = true;
    ///         changed.notify_one(); // `notify_all`, if several wait for different things
    ///     });
    ///     let mut ready = ready.lock();
    ///     while !*ready {
    ///         changed.wait(&mut ready); // unlocks, waits, locks again
    ///     }
    /// });
    /// changed.notify_all(); // nobody waits: nothing happens
    /// ```
    #[track_caller]
    pub fn wait<T: ?Sized>(&self, guard: &mut MutexGuard<'_, T>) {
        let at = Location::caller();
        let address = std::ptr::from_ref(self) as usize;
        self.enter_and_wait(guard, at, |arm| {
            probe::waits(Op::Condition, address, at);
            one(arm, at);
            probe::goes_on(address);
        });
    }

    /// Waits, again and again, as long as `condition` holds.
    ///
    /// # Blocking
    /// As [`wait`](Self::wait).
    #[track_caller]
    pub fn wait_while<T: ?Sized>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        mut condition: impl FnMut(&mut T) -> bool,
    ) {
        while condition(guard) {
            self.wait(guard);
        }
    }

    /// As [`wait`](Self::wait), at most for `timeout`.
    ///
    /// # Blocking
    /// As [`wait`](Self::wait), or until time is up; and until the mutex is locked again.
    #[track_caller]
    pub fn wait_timeout<T: ?Sized>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        timeout: Duration,
    ) -> WaitTimeoutResult {
        self.wait_deadline(guard, Instant::now() + timeout)
    }

    /// As [`wait`](Self::wait), until `deadline` at most. The mutex is locked
    /// again in both cases, which may take longer.
    ///
    /// # Blocking
    /// As [`wait`](Self::wait), or until time is up; and until the mutex is locked again.
    ///
    /// # Examples
    /// ```
    /// use gorge::{sync::{Condvar, Mutex}, time::Instant};
    ///
    /// let (mutex, condvar) = (Mutex::new(()), Condvar::new());
    /// let mut guard = mutex.lock();
    /// assert!(condvar.wait_deadline(&mut guard, Instant::now()).timed_out());
    /// ```
    #[track_caller]
    pub fn wait_deadline<T: ?Sized>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        deadline: Instant,
    ) -> WaitTimeoutResult {
        let at = Location::caller();
        let timed_out = self.enter_and_wait(guard, at, |arm| match one_until(arm, deadline, at) {
            Ok(()) => false,
            Err(arm) => arm.leave(),
        });
        WaitTimeoutResult(timed_out)
    }

    /// As [`wait_while`](Self::wait_while), until `deadline` at most: timed
    /// out means that `condition` still held then.
    ///
    /// # Examples
    /// ```
    /// use gorge::sync::{Condvar, Mutex};
    /// use gorge::time;
    /// use std::time::Duration;
    ///
    /// let (ready, changed) = (Mutex::new(false), Condvar::new());
    /// let deadline = time::now() + Duration::from_millis(1);
    /// let result = changed.wait_while_until(&mut ready.lock(), deadline, |ready| !*ready);
    /// assert!(result.timed_out());
    /// ```
    #[track_caller]
    pub fn wait_while_until<T: ?Sized>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        deadline: Instant,
        mut condition: impl FnMut(&mut T) -> bool,
    ) -> WaitTimeoutResult {
        while condition(guard) {
            if self.wait_deadline(guard, deadline).timed_out() {
                return WaitTimeoutResult(condition(guard));
            }
        }
        WaitTimeoutResult(false)
    }

    /// As [`wait`](Self::wait), unless `other` happens before there is a signal: then gives what
    /// `other` gave. When both happen the signal counts, and what `other` gave is dropped; so `other` is
    /// something that loses nothing by that, such as the end of a context.
    ///
    /// # Blocking
    /// As [`wait`](Self::wait), or until `other` happens; a dump shows `[select]`.
    ///
    /// # Panics
    /// With a panic of `other`, once the mutex is locked again; a signal that came meanwhile is spent.
    ///
    /// # Examples
    /// ```
    /// use gorge::sync::{Condvar, Event, Mutex};
    ///
    /// let (lock, changed, stop) = (Mutex::new(0), Condvar::new(), Event::manual());
    /// stop.set();
    /// let mut guard = lock.lock();
    /// assert!(changed.wait_unless(&mut guard, stop.waiting()).is_some()); // it was stopped
    /// ```
    #[track_caller]
    pub fn wait_unless<T: ?Sized, S: Selectable>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        other: S,
    ) -> Option<S::Output> {
        let at = Location::caller();
        // `other` is foreign code: its panic, and the drop of what it gave, wait until the
        // entry is out and the mutex locked.
        let (happened, signalled) = self.enter_and_wait(guard, at, |mut arm| {
            probe::point(Op::Select, 0, at);
            let happened = catch_unwind(AssertUnwindSafe(|| one_of_two(&mut arm, other, at)));
            let signalled = matches!(happened, Ok(None)) || !arm.leave();
            (happened, signalled)
        });
        match happened {
            Ok(happened) => happened.filter(|_| !signalled),
            Err(payload) => resume_unwind(payload),
        }
    }

    /// Lets one go: whoever has waited longest. Without a waiter, nothing.
    ///
    /// The mutex may be held or not. Known elsewhere as `notify_one`.
    #[inline]
    #[track_caller]
    pub fn signal(&self) {
        self.tell_signals(1, Location::caller());
        if self.line.len() != 0 {
            self.line.signal_slow();
        }
    }

    /// Lets all go who wait now.
    ///
    /// Known elsewhere as `notify_all`.
    ///
    /// # Examples
    /// ```
    /// use gorge::sync::{Condvar, Mutex};
    /// use gorge::scope;
    ///
    /// let (open, opened) = (Mutex::new(false), Condvar::new());
    /// scope(|s| {
    ///     for _ in 0..3 {
    ///         s.go(|| opened.wait_while(&mut open.lock(), |open| !*open));
    ///     }
    ///     *open.lock() = true;
    ///     opened.broadcast(); // all three go on
    /// });
    /// ```
    #[inline]
    #[track_caller]
    pub fn broadcast(&self) {
        self.tell_signals(u32::MAX, Location::caller());
        if self.line.len() != 0 {
            self.line.broadcast_slow();
        }
    }

    /// [`signal`](Self::signal) by its other name.
    #[inline]
    #[track_caller]
    pub fn notify_one(&self) {
        self.signal();
    }

    /// [`broadcast`](Self::broadcast) by its other name.
    #[inline]
    #[track_caller]
    pub fn notify_all(&self) {
        self.broadcast();
    }

    /// Tells that the caller is about to let go `most` of those who wait.
    #[inline(always)]
    fn tell_signals(&self, most: u32, at: &'static Location<'static>) {
        if probe::any() {
            let address = std::ptr::from_ref(self) as usize;
            probe::point(Op::Signal, address, at);
            probe::signals(address, self.line.len().min(most) as usize, at);
        }
    }

    fn enter_and_wait<T: ?Sized, R>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        at: &'static Location<'static>,
        wait: impl FnOnce(Signalled<'_>) -> R,
    ) -> R {
        probe::point(Op::Condition, std::ptr::from_ref(self) as usize, at);
        let mut entry = Entry::new();
        let entry = NonNull::from(&mut entry);
        // SAFETY: the entry stays in place until `wait` has returned, which is
        // after it was taken out.
        unsafe { self.line.push(entry) };
        let raw = guard.raw();
        // SAFETY: the guard owns the lock, is borrowed until it has it again,
        // and nothing below unwinds before that. (Not even here, where a run that is
        // over would otherwise leave.)
        gorge_sched::bubble::whole(|| unsafe { raw.unlock(true) });
        // (What is waited for besides, and what ends a wait that is taken back, may unwind.)
        let waited = catch_unwind(AssertUnwindSafe(|| wait(Signalled { line: &self.line, entry })));
        if waited.is_err() {
            Signalled { line: &self.line, entry }.leave();
        }
        probe::acquire(entry.as_ptr() as usize);
        probe::gone(entry.as_ptr() as usize, size_of::<Entry>());
        gorge_sched::bubble::whole(|| raw.lock(at));
        waited.unwrap_or_else(|payload| resume_unwind(payload))
    }
}

impl Default for Condvar {
    fn default() -> Self {
        Condvar::new()
    }
}

impl fmt::Debug for Condvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condvar").field("waiting", &self.line.len()).finish()
    }
}

#[cfg(all(test, loom))]
mod loom_tests;
#[cfg(all(test, not(loom)))]
mod tests;
