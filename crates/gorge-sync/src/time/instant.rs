//! A moment on the runtime's clock.
//!
//! Promise: an [`Instant`] is whatever the runtime means by "now": the
//! monotonic clock of the system, or the virtual clock while that one is in
//! use. All of Gorge's deadlines are measured on it, so a program whose waits
//! run on virtual time computes its deadlines in virtual time too.
//!
//! Invariants:
//! - It is a count of nanoseconds since the clock's origin, in 64 bits: about
//!   584 years. Adding saturates at the end of that range, which stands for
//!   "never"; subtracting saturates at the origin.
//! - Instants of one clock never run backwards; instants taken before and
//!   after the clock was exchanged do not compare meaningfully.

use std::fmt;
use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::time::Duration;

/// A moment on the runtime's clock, real or virtual.
///
/// It has the shape of [`std::time::Instant`] and differs in two things: it
/// follows the virtual clock when a program (or a test) runs on one, and
/// arithmetic beyond the end of the clock saturates, so that
/// `Instant::now() + Duration::MAX` is a deadline which never comes.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// let start = gorge::time::Instant::now();
/// gorge::time::sleep(Duration::from_millis(5));
/// assert!(start.elapsed() >= Duration::from_millis(5));
/// ```
///
/// # Compared with Go
///
/// `time.Time` carries a wall clock reading beside the monotonic one; this
/// carries only the monotonic one. For dates use [`std::time::SystemTime`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant {
    nanos: u64,
}

impl Instant {
    /// The current moment.
    #[inline]
    #[must_use]
    pub fn now() -> Instant {
        Instant::from_nanos(gorge_sched::now())
    }

    /// The moment `nanos` nanoseconds after the origin of the runtime's clock:
    /// how the scheduler's plain numbers become instants.
    ///
    /// # Examples
    /// ```
    /// use gorge::time::Instant;
    ///
    /// let moment = Instant::from_nanos(1_000);
    /// assert_eq!(moment.as_nanos(), 1_000); // on this program's clock, for logs and tests
    /// ```
    #[inline]
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Instant {
        Instant { nanos }
    }

    /// Nanoseconds since the origin of the runtime's clock: what
    /// the scheduler's timers take as a deadline.
    #[inline]
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.nanos
    }

    /// How much time lies between `earlier` and this instant; nothing if
    /// `earlier` is the later of the two.
    ///
    /// # Examples
    /// ```
    /// use gorge::time::Instant;
    /// use std::time::Duration;
    ///
    /// let (early, late) = (Instant::from_nanos(1_000), Instant::from_nanos(4_000));
    /// assert_eq!(late.duration_since(early), Duration::from_nanos(3_000));
    /// assert_eq!(late.checked_duration_since(early), Some(Duration::from_nanos(3_000)));
    /// assert_eq!(early.checked_duration_since(late), None);
    /// assert_eq!(early.saturating_duration_since(late), Duration::ZERO);
    /// ```
    #[inline]
    #[must_use]
    pub const fn duration_since(self, earlier: Instant) -> Duration {
        Duration::from_nanos(self.nanos.saturating_sub(earlier.nanos))
    }

    /// Like [`duration_since`](Instant::duration_since), but `None` if
    /// `earlier` is the later of the two.
    #[inline]
    #[must_use]
    pub const fn checked_duration_since(self, earlier: Instant) -> Option<Duration> {
        match self.nanos.checked_sub(earlier.nanos) {
            Some(nanos) => Some(Duration::from_nanos(nanos)),
            None => None,
        }
    }

    /// Another name of [`duration_since`](Instant::duration_since), for code
    /// that is moving over from [`std::time::Instant`].
    #[inline]
    #[must_use]
    pub const fn saturating_duration_since(self, earlier: Instant) -> Duration {
        self.duration_since(earlier)
    }

    /// How much time has passed since this instant (Go's `time.Since`).
    #[inline]
    #[must_use]
    pub fn elapsed(self) -> Duration {
        Instant::now().duration_since(self)
    }

    /// How much time is left until this instant (Go's `time.Until`); nothing
    /// when it has passed.
    ///
    /// # Examples
    /// ```
    /// use gorge::time;
    /// use std::time::Duration;
    ///
    /// let deadline = time::now() + Duration::from_secs(60);
    /// assert!(deadline.until() <= Duration::from_secs(60));
    /// assert_eq!((time::now() - Duration::from_nanos(1)).until(), Duration::ZERO); // over
    /// ```
    #[inline]
    #[must_use]
    pub fn until(self) -> Duration {
        self.duration_since(Instant::now())
    }

    /// This instant plus `duration`, or `None` beyond the end of the clock.
    ///
    /// # Examples
    /// ```
    /// use gorge::time::Instant;
    /// use std::time::Duration;
    ///
    /// let moment = Instant::from_nanos(5);
    /// assert_eq!(moment.checked_add(Duration::from_nanos(2)), Some(Instant::from_nanos(7)));
    /// assert_eq!(moment.checked_add(Duration::MAX), None);
    /// assert_eq!(moment.checked_sub(Duration::from_nanos(6)), None);
    /// ```
    #[inline]
    #[must_use]
    pub fn checked_add(self, duration: Duration) -> Option<Instant> {
        let nanos = u64::try_from(duration.as_nanos()).ok()?;
        self.nanos.checked_add(nanos).map(Instant::from_nanos)
    }

    /// This instant less `duration`, or `None` before the clock's origin.
    #[inline]
    #[must_use]
    pub fn checked_sub(self, duration: Duration) -> Option<Instant> {
        let nanos = u64::try_from(duration.as_nanos()).ok()?;
        self.nanos.checked_sub(nanos).map(Instant::from_nanos)
    }
}

/// The current moment: [`Instant::now`] under Go's name, `time.Now`.
#[inline]
#[must_use]
pub fn now() -> Instant {
    Instant::now()
}

/// The nanoseconds of `duration`, or the largest number there is.
#[inline]
fn saturating_nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

impl Add<Duration> for Instant {
    type Output = Instant;

    /// Saturates at the end of the clock, a deadline that never comes.
    #[inline]
    fn add(self, duration: Duration) -> Instant {
        Instant::from_nanos(self.nanos.saturating_add(saturating_nanos(duration)))
    }
}

impl AddAssign<Duration> for Instant {
    #[inline]
    fn add_assign(&mut self, duration: Duration) {
        *self = *self + duration;
    }
}

impl Sub<Duration> for Instant {
    type Output = Instant;

    /// Saturates at the clock's origin.
    #[inline]
    fn sub(self, duration: Duration) -> Instant {
        Instant::from_nanos(self.nanos.saturating_sub(saturating_nanos(duration)))
    }
}

impl SubAssign<Duration> for Instant {
    #[inline]
    fn sub_assign(&mut self, duration: Duration) {
        *self = *self - duration;
    }
}

impl Sub<Instant> for Instant {
    type Output = Duration;

    /// As [`Instant::duration_since`].
    #[inline]
    fn sub(self, earlier: Instant) -> Duration {
        self.duration_since(earlier)
    }
}

impl fmt::Debug for Instant {
    /// Seconds since the clock's origin: `Instant(1.5s)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Instant({:?})", Duration::from_nanos(self.nanos))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: Instant = Instant::from_nanos(0);
    const END: Instant = Instant::from_nanos(u64::MAX);
    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn adding_and_subtracting_are_inverse() {
        let later = ORIGIN + SECOND;
        assert_eq!(later.as_nanos(), 1_000_000_000);
        assert_eq!(later - ORIGIN, SECOND);
        assert_eq!(later - SECOND, ORIGIN);
        let mut moved = ORIGIN;
        moved += SECOND;
        assert_eq!(moved, later);
        moved -= SECOND;
        assert_eq!(moved, ORIGIN);
    }

    #[test]
    fn arithmetic_saturates_at_both_ends() {
        assert_eq!(ORIGIN - SECOND, ORIGIN);
        assert_eq!(ORIGIN.duration_since(ORIGIN + SECOND), Duration::ZERO);
        assert_eq!((ORIGIN + SECOND) + Duration::MAX, END);
    }

    #[test]
    fn checked_forms_say_when_they_would_saturate() {
        assert_eq!(ORIGIN.checked_sub(SECOND), None);
        assert_eq!(ORIGIN.checked_add(Duration::MAX), None);
        assert_eq!(END.checked_add(Duration::from_nanos(1)), None);
        assert_eq!(ORIGIN.checked_add(SECOND), Some(ORIGIN + SECOND));
        assert_eq!(ORIGIN.checked_duration_since(ORIGIN + SECOND), None);
        assert_eq!((ORIGIN + SECOND).checked_duration_since(ORIGIN), Some(SECOND));
    }

    #[test]
    fn shows_seconds() {
        let shown = format!("{:?}", ORIGIN + Duration::from_millis(1500));
        assert_eq!(shown, "Instant(1.5s)");
    }
}
