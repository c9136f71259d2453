//! [`Ticker`]: the time on a channel, again and again; and [`tick`], a ticker without a handle.

use std::time::Duration;

use super::bell;
use super::instant::Instant;
use crate::chan::Receiver;

/// Sends the time on its channel once every period.
///
/// Ticks are due at whole periods after the start, however late any of them
/// comes: they do not drift. A listener that is too slow misses ticks; at most one waits for it.
///
/// # Examples
///
/// ```
/// use gorge::time::Ticker;
/// use std::time::Duration;
///
/// gorge::run(|| {
///     let period = Duration::from_millis(1);
///     let ticker = Ticker::new(period);
///     let first = ticker.next();
///     assert!(ticker.next() - first >= period);
/// });
/// ```
///
/// # Compared with Go
///
/// `time.Ticker`, with the rules of Go 1.23 that [`Timer`](super::Timer) lists. Stopping
/// does not close the channel.
#[derive(Debug)]
pub struct Ticker {
    bell: Receiver<Instant>,
}

impl Ticker {
    /// A ticker whose first tick is due in one `period`.
    ///
    /// # Panics
    ///
    /// When the period is zero: `non-positive interval for NewTicker`.
    #[must_use]
    #[track_caller]
    pub fn new(period: Duration) -> Ticker {
        assert!(!period.is_zero(), "non-positive interval for NewTicker");
        Ticker { bell: bell::new(Instant::now() + period, nanos(period)) }
    }

    /// The channel on which the ticks are sent: Go's `t.C`.
    ///
    /// # Examples
    /// ```
    /// use gorge::time::Ticker;
    /// use std::time::Duration;
    ///
    /// let ticker = Ticker::new(Duration::from_secs(3600));
    /// ticker.reset(Duration::from_millis(1)); // more often, from now on
    /// assert!(ticker.chan().recv().unwrap() < ticker.chan().recv().unwrap());
    /// ticker.stop();
    /// ```
    #[must_use]
    pub fn chan(&self) -> &Receiver<Instant> {
        &self.bell
    }

    /// Waits for the next tick (or takes the one that waits) and says when it was due.
    ///
    /// # Blocking
    ///
    /// Until the next tick; for ever once the ticker is stopped. The wait reason
    /// in a dump is `chan receive`.
    #[track_caller]
    pub fn next(&self) -> Instant {
        // The channel of a bell is never closed, as long as there is a receiver.
        self.bell.recv().expect("a ticker's channel stays open")
    }

    /// Stops the ticks. After it has returned no tick from before is received.
    #[track_caller]
    pub fn stop(&self) {
        bell::stop(&self.bell);
    }

    /// Sets the ticker anew: the next tick is due in one `period`, counted from now. A stopped ticker runs again.
    ///
    /// # Panics
    ///
    /// When the period is zero: `non-positive interval for Ticker.Reset`.
    #[track_caller]
    pub fn reset(&self, period: Duration) {
        assert!(!period.is_zero(), "non-positive interval for Ticker.Reset");
        bell::reset(&self.bell, Instant::now() + period, nanos(period));
    }
}

/// A channel on which the time is sent once every `period`; nil, which is to say silent for ever,
/// when the period is zero.
///
/// Dropping the receiver ends the ticks.
///
/// # Examples
/// ```
/// use std::time::Duration;
///
/// let ticks = gorge::time::tick(Duration::from_millis(1));
/// assert_eq!(ticks.iter().take(3).count(), 3);
/// ```
///
/// # Compared with Go
///
/// `time.Tick`.
#[must_use = "a ticker that nobody can hear is freed at once"]
pub fn tick(period: Duration) -> Receiver<Instant> {
    if period.is_zero() {
        return Receiver::nil();
    }
    bell::new(Instant::now() + period, nanos(period))
}

/// Nanoseconds of a period; the longest there is stands for longer ones.
fn nanos(period: Duration) -> u64 {
    u64::try_from(period.as_nanos()).unwrap_or(u64::MAX)
}
