//! The semaphore as its users see it.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use gorge_base::probe::{self, Op};

use super::arm::Acquiring;
use super::permits::{OwnedPermits, Permits};
use super::raw::RawSemaphore;
use crate::select::{one, one_until};
use crate::time::instant::Instant;

/// A number of permits, of which each holder has some.
///
/// Strictly first in, first out: who asks for many is not passed by those who
/// ask for few.
///
/// # Examples
/// At most two at a time:
/// ```
/// use gorge::sync::Semaphore;
///
/// let semaphore = Semaphore::new(2);
/// gorge::scope(|s| {
///     for _ in 0..10 {
///         let permit = semaphore.acquire(1);
///         s.go(move || {
///             // ... work ...
///             drop(permit);
///         });
///     }
/// });
/// assert_eq!(semaphore.available(), 2);
/// ```
///
/// # Compared with Go
/// `golang.org/x/sync/semaphore.Weighted`: `Acquire`, `TryAcquire`, `Release`.
/// What Go's `Acquire` waits for beside, a context, is another arm of the
/// select here: see [`acquiring`](Semaphore::acquiring).
pub struct Semaphore {
    /// Shared, so that permits may be taken along without a borrow.
    raw: Arc<RawSemaphore>,
}

impl Semaphore {
    /// A semaphore with `size` permits, which nobody holds.
    ///
    /// # Panics
    /// With more than half of what a `usize` counts.
    #[must_use]
    pub fn new(size: usize) -> Self {
        Semaphore { raw: Arc::new(RawSemaphore::new(size)) }
    }

    /// Acquires `n` permits, waiting until there are so many, and those who
    /// came before have theirs.
    ///
    /// # Blocking
    /// Until others give back enough; a dump shows `[semacquire]`. Works from
    /// goroutines and from plain OS threads.
    ///
    /// # Panics
    /// When the semaphore has not so many permits at all: it would wait for
    /// ever. (Go does.)
    ///
    /// # Examples
    /// ```
    /// let places = gorge::sync::Semaphore::new(3);
    /// let two = places.acquire(2);
    /// assert_eq!(places.available(), 1);
    /// drop(two);
    /// assert_eq!(places.available(), 3);
    /// ```
    #[inline]
    #[track_caller]
    pub fn acquire(&self, n: usize) -> Permits<'_> {
        let at = Location::caller();
        if !probe::any() && self.raw.acquire_at_once(n) {
            return Permits::new(&self.raw, n);
        }
        self.acquire_slow(n, at)
    }

    #[cold]
    #[inline(never)]
    #[track_caller]
    fn acquire_slow(&self, n: usize, at: &'static Location<'static>) -> Permits<'_> {
        let size = self.raw.size();
        assert!(n <= size, "semaphore: {n} permits wanted of {size}");
        if probe::any() {
            probe::point(Op::Acquire, self.raw.address(), at);
            if let Some(permits) = self.take_now(n, at) {
                return permits;
            }
        } else if self.raw.acquire_soon(n) {
            return Permits::new(&self.raw, n);
        }
        self.raw.tell_waits(n, at);
        let permits = one(Acquiring::new(&self.raw, n, at), at);
        probe::goes_on(self.raw.address());
        permits
    }

    #[inline]
    fn take_now(&self, n: usize, at: &'static Location<'static>) -> Option<Permits<'_>> {
        if !self.raw.try_acquire(n) {
            return None;
        }
        self.raw.tell_acquired(n, at);
        Some(Permits::new(&self.raw, n))
    }

    /// Acquires `n` permits if that is possible at once, and nobody waits.
    ///
    /// # Examples
    /// ```
    /// let places = gorge::sync::Semaphore::new(3);
    /// let two = places.try_acquire(2).unwrap();
    /// assert!(places.try_acquire(2).is_none());
    /// drop(two);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn try_acquire(&self, n: usize) -> Option<Permits<'_>> {
        probe::point(Op::Acquire, self.raw.address(), Location::caller());
        self.take_now(n, Location::caller())
    }

    /// As [`acquire`](Self::acquire), waiting at most for `timeout`.
    ///
    /// # Blocking
    /// As [`acquire`](Self::acquire), or until time is up.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// let places = gorge::sync::Semaphore::new(2);
    /// let both = places.acquire_timeout(2, Duration::from_secs(1)).unwrap();
    /// assert!(places.acquire_timeout(1, Duration::from_millis(1)).is_none());
    /// drop(both);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn acquire_timeout(&self, n: usize, timeout: Duration) -> Option<Permits<'_>> {
        self.acquire_deadline(n, Instant::now() + timeout)
    }

    /// As [`acquire`](Self::acquire), waiting until `deadline` at most. For
    /// more permits than there are at all, it waits so long.
    ///
    /// # Blocking
    /// As [`acquire`](Self::acquire), or until time is up.
    ///
    /// # Examples
    /// ```
    /// use gorge::{sync::Semaphore, time::Instant};
    ///
    /// let semaphore = Semaphore::new(3);
    /// let two = semaphore.acquire(2);
    /// assert!(semaphore.acquire_deadline(2, Instant::now()).is_none());
    /// drop(two);
    /// assert!(semaphore.acquire_deadline(2, Instant::now()).is_some());
    /// ```
    #[track_caller]
    #[must_use]
    pub fn acquire_deadline(&self, n: usize, deadline: Instant) -> Option<Permits<'_>> {
        probe::point(Op::Acquire, self.raw.address(), Location::caller());
        one_until(self.acquiring(n), deadline, Location::caller()).ok()
    }

    /// As [`acquire`](Self::acquire), for permits that borrow nothing and so
    /// may go to a goroutine that outlives the caller.
    ///
    /// # Blocking
    /// As [`acquire`](Self::acquire).
    ///
    /// # Panics
    /// As [`acquire`](Self::acquire).
    ///
    /// # Examples
    /// ```
    /// use std::sync::Arc;
    ///
    /// let places = Arc::new(gorge::sync::Semaphore::new(1));
    /// let place = places.acquire_owned(1);
    /// let work = gorge::go(move || drop(place)); // given back over there
    /// work.join().unwrap();
    /// assert_eq!(places.available(), 1);
    /// ```
    #[track_caller]
    pub fn acquire_owned(&self, n: usize) -> OwnedPermits {
        self.acquire(n).forget();
        OwnedPermits::new(self.raw.clone(), n)
    }

    /// As [`try_acquire`](Self::try_acquire), for permits that borrow nothing.
    ///
    /// # Examples
    /// ```
    /// use gorge::{go, sync::Semaphore};
    /// use std::sync::Arc;
    ///
    /// let places = Arc::new(Semaphore::new(1));
    /// let place = places.try_acquire_owned(1).unwrap();
    /// go(move || drop(place)).join().unwrap(); // goes where it likes
    /// assert_eq!(places.available(), 1);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn try_acquire_owned(&self, n: usize) -> Option<OwnedPermits> {
        self.try_acquire(n)?.forget();
        Some(OwnedPermits::new(self.raw.clone(), n))
    }

    /// Acquires all permits that nobody holds: none if somebody waits.
    ///
    /// # Examples
    /// ```
    /// let places = gorge::sync::Semaphore::new(2);
    /// let all = places.drain(); // whatever is there, without waiting
    /// assert_eq!((places.available(), places.size()), (0, 2));
    /// drop(all);
    /// ```
    #[track_caller]
    pub fn drain(&self) -> Permits<'_> {
        probe::point(Op::Acquire, self.raw.address(), Location::caller());
        let count = self.raw.drain();
        if count != 0 {
            self.raw.tell_acquired(count, Location::caller());
        }
        Permits::new(&self.raw, count)
    }

    /// Acquiring as an arm of a select, which gives the permits.
    ///
    /// # Examples
    /// ```
    /// use gorge::{channel, select::Select, sync::Semaphore};
    ///
    /// let semaphore = Semaphore::new(0);
    /// let (cancel, cancelled) = channel::<()>(0);
    /// drop(cancel);
    /// let mut select = Select::new();
    /// select.on(semaphore.acquiring(0), |_| "acquired");
    /// assert_eq!(select.wait(), (0, "acquired"));
    /// # drop(select);
    ///
    /// let mut select = Select::new();
    /// select.on(semaphore.acquiring(1), |_| "acquired");
    /// select.recv(&cancelled, |_| "cancelled");
    /// assert_eq!(select.wait(), (1, "cancelled"));
    /// ```
    #[track_caller]
    pub fn acquiring(&self, n: usize) -> Acquiring<'_> {
        Acquiring::new(&self.raw, n, Location::caller())
    }

    /// Gives back `n` permits that were acquired and
    /// [forgotten](Permits::forget): where acquiring and giving back lie apart.
    ///
    /// # Panics
    /// `semaphore: released more than held`.
    ///
    /// # Examples
    /// ```
    /// let places = gorge::sync::Semaphore::new(1);
    /// places.acquire(1).forget(); // taken here ...
    /// places.release(1); // ... and given back elsewhere
    /// assert_eq!(places.available(), 1);
    /// ```
    #[track_caller]
    pub fn release(&self, n: usize) {
        self.raw.tell_travels();
        assert!(self.raw.release(n), "semaphore: released more than held");
    }

    /// How many permits nobody holds; they may be gone when the answer is looked at.
    #[must_use]
    #[track_caller]
    pub fn available(&self) -> usize {
        probe::point(Op::Load, self.raw.address(), Location::caller());
        self.raw.free()
    }

    /// How many permits there are.
    #[must_use]
    pub fn size(&self) -> usize {
        self.raw.size()
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore")
            .field("size", &self.size())
            .field("available", &self.available())
            .finish()
    }
}
