//! A flag that can be waited for.
//!
//! Invariant: the flag of an event that resets itself is raised only under the
//! crowd's lock, and only while nobody waits.

use std::fmt;
use std::panic::Location;
use std::time::Duration;

use gorge_base::probe::{self, Op};
use gorge_base::sync::atomic::{AtomicBool, Ordering};

use super::crowd::{Crowd, crowd_arm};
use crate::select::{one, one_until};
use crate::time::instant::Instant;

/// A flag that can be waited for.
///
/// | made by | `set` lets go | the flag stays up |
/// |---|---|---|
/// | [`Event::manual`] | all who wait, and who comes later | until [`reset`](Self::reset) |
/// | [`Event::auto`] | one who waits, or else the next who comes | until one was let go |
///
/// # Examples
/// ```
/// use gorge::sync::Event;
///
/// static READY: Event = Event::manual();
///
/// gorge::scope(|s| {
///     s.go(|| READY.wait());
///     READY.set();
/// });
/// assert!(READY.is_set());
/// ```
///
/// # Compared with Go
/// A closed channel, which cannot be opened again; with `auto`, a channel with
/// room for one, and a send that does not wait.
pub struct Event {
    set: AtomicBool,
    auto: bool,
    crowd: Crowd,
}

impl Event {
    const_unless_loom! {
        /// A flag that is down, and once up stays up until it is reset.
        #[must_use]
        pub const fn manual() -> Self {
            Event { set: AtomicBool::new(false), auto: false, crowd: Crowd::new() }
        }
    }

    const_unless_loom! {
        /// A flag that is down, and goes down again with each one that it lets go.
        #[must_use]
        pub const fn auto() -> Self {
            Event { set: AtomicBool::new(false), auto: true, crowd: Crowd::new() }
        }
    }

    /// Raises the flag.
    #[track_caller]
    pub fn set(&self) {
        probe::point(Op::Signal, self.address(), Location::caller());
        probe::release_empty(self.address());
        // Release: pairs with the acquire of who goes on for it.
        if self.auto {
            self.crowd.release_one(|| self.set.store(true, Ordering::Release));
        } else {
            self.crowd.release_all(|| self.set.store(true, Ordering::Release));
        }
    }

    /// One was let go who is there no more: the next, if there can be only one.
    fn pass_on(&self) {
        if self.auto {
            // Release: as in `set`; who has raised the flag comes before us, by the crowd's lock.
            self.crowd.release_one(|| self.set.store(true, Ordering::Release));
        }
    }

    /// Takes the flag down. Who was let go goes on.
    ///
    /// # Examples
    /// ```
    /// use gorge::sync::Event;
    /// use std::time::Duration;
    ///
    /// let open = Event::manual();
    /// open.set();
    /// assert!(open.try_wait() && open.wait_timeout(Duration::from_secs(1)));
    /// open.reset();
    /// assert!(!open.try_wait());
    /// assert!(!open.wait_deadline(gorge::time::now() + Duration::from_millis(1)));
    /// ```
    #[track_caller]
    pub fn reset(&self) {
        probe::point(Op::Signal, self.address(), Location::caller());
        // Relaxed: nobody goes on because of this.
        self.set.store(false, Ordering::Relaxed);
    }

    /// Whether the flag is up.
    #[must_use]
    #[track_caller]
    pub fn is_set(&self) -> bool {
        probe::point(Op::Load, self.address(), Location::caller());
        self.is_up()
    }

    fn is_up(&self) -> bool {
        // Acquire: pairs with the release in `set`.
        let set = self.set.load(Ordering::Acquire);
        if set {
            self.tell_seen();
        }
        set
    }

    /// By what tools know it.
    fn address(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }

    /// Tells that the caller goes on because the flag was raised: for an arm that stands on this one.
    #[doc(hidden)]
    pub fn tell_seen(&self) {
        probe::acquire(self.address());
    }

    /// Goes on if the flag is up; takes it down if it resets itself.
    #[must_use]
    #[track_caller]
    pub fn try_wait(&self) -> bool {
        probe::point(Op::Wait, self.address(), Location::caller());
        self.take()
    }

    fn take(&self) -> bool {
        if !self.auto {
            return self.is_up();
        }
        // Acquire: pairs with the release in `set`.
        let taken =
            self.set.compare_exchange(true, false, Ordering::Acquire, Ordering::Relaxed).is_ok();
        if taken {
            self.tell_seen();
        }
        taken
    }

    /// Waits until the flag is up.
    ///
    /// # Blocking
    /// Until [`set`](Self::set); a dump shows `[event]`.
    #[track_caller]
    pub fn wait(&self) {
        if !self.try_wait() {
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
    pub fn waiting(&self) -> EventSet<'_> {
        EventSet(self)
    }
}

/// Waiting for an [`Event`], as an arm of a select.
///
/// # Examples
/// ```
/// use gorge::{select, sync::Event};
///
/// let stop = Event::manual();
/// stop.set();
/// select! {
///     on(stop.waiting()) -> _ => {}
///     default => panic!("it is set"),
/// }
/// ```
#[derive(Debug)]
#[must_use = "an arm does nothing outside of a select"]
pub struct EventSet<'a>(&'a Event);

crowd_arm!(EventSet, is_up, take, pass_on, Event);

impl Drop for Event {
    fn drop(&mut self) {
        probe::gone(self.address(), size_of::<Event>());
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set = self.is_up();
        f.debug_struct("Event").field("set", &set).field("auto", &self.auto).finish()
    }
}
