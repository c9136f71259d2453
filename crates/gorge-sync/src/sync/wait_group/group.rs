//! Waiting until a number of things are done.
//!
//! Promise: `wait` returns when the counter is zero, and misuse panics with
//! Go's words.

use std::fmt;
use std::panic::Location;
use std::time::Duration;

use gorge_base::probe::{self, Hold, Op};
use gorge_base::sync::Arc;
use gorge_base::sync::atomic::Ordering;

use super::arm::GroupDone;
use super::shared::{Shared, State, misuse};
use crate::select::one_until;
use crate::time::instant::Instant;

/// Waits for a group of goroutines (or anything else that is counted).
///
/// A handle: clones share one counter, so a wait group is cloned into each
/// goroutine where a Go program would share a pointer. Cloning and dropping
/// handles changes no count.
///
/// For goroutines whose results matter, `join` or a scope says more.
///
/// # Examples
/// ```
/// use gorge::sync::WaitGroup;
///
/// let group = WaitGroup::new();
/// for n in 0..3 {
///     group.go(move || println!("{n} at work")); // counts it, and when it is done
/// }
/// group.wait();
///
/// // By hand, for whatever is counted:
/// group.add(1);
/// let shared = group.clone();
/// std::thread::spawn(move || shared.done());
/// group.wait();
/// ```
///
/// # Compared with Go
/// `sync.WaitGroup`, with its `Add`, `Done`, `Wait` and `Go`, and its panics.
#[derive(Clone)]
pub struct WaitGroup {
    shared: Arc<Shared>,
}

impl WaitGroup {
    /// A group with nothing to wait for.
    #[must_use]
    pub fn new() -> Self {
        WaitGroup { shared: Arc::new(Shared::new()) }
    }

    /// Adds `delta`, which may be negative, to the counter. When the counter
    /// becomes zero, everybody who waits goes on.
    ///
    /// An `add` from zero must come before the `wait` that is to see it: call
    /// it before starting the goroutine, not inside.
    ///
    /// # Panics
    /// `sync: negative WaitGroup counter`, and `sync: WaitGroup misuse: Add
    /// called concurrently with Wait` where that is noticed.
    #[track_caller]
    pub fn add(&self, delta: i32) {
        if probe::any() {
            self.shared.tell_adds(delta, Location::caller());
        }
        let added = u64::from(delta as u32) << 32;
        // AcqRel: what is done before a `done` comes before the `wait` it ends
        // returns: through this word, and from the last `done` by waking.
        let before = self.shared.state.fetch_add(added, Ordering::AcqRel);
        let State { counter, waiters } = State::of(before.wrapping_add(added));
        assert!(counter >= 0, "sync: negative WaitGroup counter");
        if waiters == 0 {
            return;
        }
        if delta > 0 && counter == delta {
            misuse();
        }
        if counter == 0 {
            self.shared.release();
        }
    }

    /// One thing is done: `add(-1)`.
    ///
    /// # Panics
    /// `sync: negative WaitGroup counter`.
    #[inline]
    #[track_caller]
    pub fn done(&self) {
        self.add(-1);
    }

    /// Starts a goroutine that the group counts: adds one now, and is done
    /// when `f` returns, or ends by a panic or by `goexit`.
    ///
    /// # Panics
    /// As [`add`](Self::add).
    #[track_caller]
    pub fn go<F>(&self, f: F)
    where
        F: FnOnce() + Send + 'static,
    {
        struct Done(WaitGroup);
        impl Drop for Done {
            fn drop(&mut self) {
                probe::lets_go(self.0.shared.address(), Hold::Shared);
                self.0.done();
            }
        }
        self.add(1);
        let at = Location::caller();
        let done = Done(self.clone());
        drop(gorge_sched::go(move || {
            let done = done;
            probe::holds(done.0.shared.address(), Hold::Shared, at);
            f();
        }));
    }

    /// Waits until the counter is zero.
    ///
    /// # Blocking
    /// Until as many `done` as `add`; a dump shows `[sync.WaitGroup.Wait]`.
    /// Works from goroutines and from plain OS threads.
    ///
    /// # Panics
    /// `sync: WaitGroup is reused before previous Wait has returned` when it
    /// notices an `add` that came too early for it.
    #[track_caller]
    pub fn wait(&self) {
        probe::point(Op::Wait, self.shared.address(), Location::caller());
        let address = self.shared.address();
        probe::waits(Op::Wait, address, Location::caller());
        let waited = self.shared.wait(Location::caller());
        probe::goes_on(address);
        if waited {
            self.shared.check_reuse();
        }
    }

    /// As [`wait`](Self::wait), at most for `timeout`; false when that was too short.
    ///
    /// # Blocking
    /// As [`wait`](Self::wait), or until time is up.
    ///
    /// # Examples
    /// ```
    /// use gorge::{channel, sync::WaitGroup};
    /// use std::time::Duration;
    ///
    /// let (tx, rx) = channel::<()>(0);
    /// let work = WaitGroup::new();
    /// work.go(move || drop(rx.recv()));
    /// assert!(!work.wait_timeout(Duration::from_millis(1)));
    /// drop(tx);
    /// work.wait();
    /// ```
    #[track_caller]
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        self.wait_deadline(Instant::now() + timeout)
    }

    /// As [`wait`](Self::wait), until `deadline` at most; false when that was too early.
    ///
    /// # Blocking
    /// As [`wait`](Self::wait), or until time is up.
    ///
    /// # Examples
    /// ```
    /// use gorge::{sync::WaitGroup, time::Instant};
    ///
    /// let group = WaitGroup::new();
    /// group.add(1);
    /// assert!(!group.wait_deadline(Instant::now()));
    /// group.done();
    /// assert!(group.wait_deadline(Instant::now()));
    /// ```
    #[track_caller]
    pub fn wait_deadline(&self, deadline: Instant) -> bool {
        probe::point(Op::Wait, self.shared.address(), Location::caller());
        one_until(self.waiting(), deadline, Location::caller()).is_ok()
    }

    /// Waiting as an arm of a select:
    /// `select! { on(group.waiting()) => .., recv(quit) -> _ => .. }`.
    ///
    /// # Examples
    /// ```
    /// use gorge::{channel, select, sync::WaitGroup};
    ///
    /// let group = WaitGroup::new();
    /// group.go(|| ());
    /// let (_tx, quit) = channel::<()>(0);
    /// select! {
    ///     on(group.waiting()) => {}
    ///     recv(quit) -> _ => unreachable!("nobody says so"),
    /// }
    /// ```
    ///
    /// # Compared with Go
    /// A goroutine that waits and then closes a channel.
    #[track_caller]
    pub fn waiting(&self) -> GroupDone<'_> {
        GroupDone { shared: &self.shared, at: Location::caller() }
    }
}

#[cfg(test)]
impl WaitGroup {
    /// Sets the word, as if somebody were in the middle of something.
    pub(in crate::sync) fn pretend(&self, counter: u64, waiters: u64) {
        self.shared.state.store(counter << 32 | waiters, Ordering::Relaxed);
    }

    /// Releases a waiter, having missed that the word has changed.
    pub(in crate::sync) fn release_stale(&self) {
        self.shared.release();
    }
}

impl Default for WaitGroup {
    fn default() -> Self {
        WaitGroup::new()
    }
}

impl fmt::Debug for WaitGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Relaxed: a look, no more.
        let State { counter, waiters } = State::of(self.shared.state.load(Ordering::Relaxed));
        f.debug_struct("WaitGroup").field("counter", &counter).field("waiters", &waiters).finish()
    }
}
