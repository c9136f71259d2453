//! A door that opens when a count has come to zero, and stays open.

use std::fmt;
use std::panic::Location;
use std::time::Duration;

use gorge_base::probe::{self, Op};
use gorge_base::sync::atomic::{AtomicUsize, Ordering};

use super::crowd::{Crowd, crowd_arm};
use crate::select::{one, one_until};
use crate::time::instant::Instant;

/// Lets all go who wait, once it was counted down to zero, and from then on
/// everybody.
///
/// A [`WaitGroup`](super::WaitGroup) counts up as well, and can be used again.
///
/// # Examples
/// All start together:
/// ```
/// use gorge::sync::Latch;
///
/// let start = Latch::new(1);
/// gorge::scope(|s| {
///     for _ in 0..3 {
///         s.go(|| start.wait());
///     }
///     start.count_down();
/// });
/// ```
///
/// # Compared with Go
/// A channel that is closed (for a count of one), or a `sync.WaitGroup`.
pub struct Latch {
    count: AtomicUsize,
    crowd: Crowd,
}

impl Latch {
    const_unless_loom! {
        /// A latch that opens after `count` calls of [`count_down`](Self::count_down);
        /// with zero it is open.
        #[must_use]
        pub const fn new(count: usize) -> Self {
            Latch { count: AtomicUsize::new(count), crowd: Crowd::new() }
        }
    }

    /// Counts down by one.
    ///
    /// # Panics
    /// `latch: counted down below zero`.
    #[track_caller]
    pub fn count_down(&self) {
        self.count_down_by(1);
    }

    /// Counts down by `n`.
    ///
    /// # Panics
    /// `latch: counted down below zero`.
    ///
    /// # Examples
    /// ```
    /// use gorge::sync::Latch;
    /// use std::time::Duration;
    ///
    /// let parts = Latch::new(3);
    /// parts.count_down_by(2);
    /// assert_eq!(parts.count(), 1);
    /// assert!(!parts.wait_timeout(Duration::from_millis(1)));
    /// parts.count_down_by(1);
    /// assert!(parts.is_open());
    /// assert!(parts.wait_deadline(gorge::time::now()));
    /// ```
    #[track_caller]
    pub fn count_down_by(&self, n: usize) {
        probe::point(Op::Signal, self.address(), Location::caller());
        probe::release_empty(self.address());
        // Release: what was done before comes before what those do who are let
        // go. Acquire: who opens passes on what all others did.
        let counted = self
            .count
            .fetch_update(Ordering::AcqRel, Ordering::Relaxed, |count| count.checked_sub(n));
        let Ok(before) = counted else { panic!("latch: counted down below zero") };
        if before == n && n != 0 {
            self.crowd.release_all(|| ());
        }
    }

    /// Whether it is open.
    #[must_use]
    #[track_caller]
    pub fn is_open(&self) -> bool {
        probe::point(Op::Load, self.address(), Location::caller());
        self.has_opened()
    }

    fn has_opened(&self) -> bool {
        let open = self.left() == 0;
        if open {
            self.tell_seen();
        }
        open
    }

    /// By what tools know it.
    fn address(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }

    /// Tells that the caller goes on because it is open.
    fn tell_seen(&self) {
        probe::acquire(self.address());
    }

    /// What is left to count.
    #[must_use]
    #[track_caller]
    pub fn count(&self) -> usize {
        probe::point(Op::Load, self.address(), Location::caller());
        self.left()
    }

    fn left(&self) -> usize {
        // Acquire: pairs with the release in `count_down_by`.
        self.count.load(Ordering::Acquire)
    }

    /// Waits until it is open.
    ///
    /// # Blocking
    /// Until the count is zero; a dump shows `[latch]`.
    #[track_caller]
    pub fn wait(&self) {
        probe::point(Op::Wait, self.address(), Location::caller());
        if !self.has_opened() {
            one(self.waiting(), Location::caller());
        }
    }

    /// As [`wait`](Self::wait), at most for `timeout`; false when that was too short.
    ///
    /// # Blocking
    /// As [`wait`](Self::wait), or until time is up.
    #[track_caller]
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        self.wait_deadline(Instant::now() + timeout)
    }

    /// As [`wait`](Self::wait), until `deadline` at most; false when that was too early.
    ///
    /// # Blocking
    /// As [`wait`](Self::wait), or until time is up.
    #[track_caller]
    pub fn wait_deadline(&self, deadline: Instant) -> bool {
        probe::point(Op::Wait, self.address(), Location::caller());
        one_until(self.waiting(), deadline, Location::caller()).is_ok()
    }

    /// Waiting as an arm of a select.
    pub fn waiting(&self) -> LatchOpen<'_> {
        LatchOpen(self)
    }
}

/// Waiting for a [`Latch`], as an arm of a select.
///
/// # Examples
/// ```
/// use gorge::{select, sync::Latch};
///
/// let parts = Latch::new(1);
/// parts.count_down();
/// select! {
///     on(parts.waiting()) -> _ => {}
///     default => panic!("it is open"),
/// }
/// ```
#[derive(Debug)]
#[must_use = "an arm does nothing outside of a select"]
pub struct LatchOpen<'a>(&'a Latch);

crowd_arm!(LatchOpen, has_opened, has_opened, tell_seen, Latch);

impl Drop for Latch {
    fn drop(&mut self) {
        probe::gone(self.address(), size_of::<Latch>());
    }
}

impl fmt::Debug for Latch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Latch").field("count", &self.left()).finish()
    }
}
