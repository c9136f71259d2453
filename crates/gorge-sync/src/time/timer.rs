//! [`Timer`]: one time, on a channel; and [`after`], a timer without a handle.

use std::time::Duration;

use super::bell;
use super::instant::Instant;
use crate::chan::Receiver;

/// Sends the time on its channel, once, when its time has come.
///
/// # Examples
///
/// ```
/// use gorge::time::Timer;
/// use std::time::Duration;
///
/// gorge::run(|| {
///     let timer = Timer::new(Duration::from_millis(1));
///     let due = timer.chan().recv().unwrap();
///     assert!(due <= gorge::time::now());
///     assert!(!timer.stop(), "it has fired, and the time was received");
/// });
/// ```
///
/// # Compared with Go
///
/// `time.Timer`, with the rules of Go 1.23:
/// - After [`stop`](Timer::stop) or [`reset`](Timer::reset) has returned, no time from
///   before is received. There is no need to drain the channel.
/// - A timer that nobody can receive from (the handle and all receivers are gone) is
///   disarmed and freed, fired or not.
/// - The channel is never closed, not even by `stop`.
/// - What is received is the moment the timer was due, not the moment of
///   the receive.
///
/// One difference: the channel is an ordinary one of capacity 1, and its `len` and
/// `capacity` say so. Go hides the buffer (`cap` reads 0) to break programs
/// that polled `len`; here polling is correct, because the value goes away with the timer's stop.
#[derive(Debug)]
pub struct Timer {
    bell: Receiver<Instant>,
}

impl Timer {
    /// A timer that fires in `duration`, counted from now.
    #[must_use]
    pub fn new(duration: Duration) -> Timer {
        Timer { bell: bell::new(Instant::now() + duration, 0) }
    }

    /// A timer that fires at `deadline`.
    ///
    /// # Examples
    /// ```
    /// use gorge::time::{self, Timer};
    /// use std::time::Duration;
    ///
    /// let moment = time::now() + Duration::from_millis(1);
    /// let timer = Timer::at(moment);
    /// assert!(timer.chan().recv().unwrap() >= moment);
    /// assert!(!timer.reset_at(moment + Duration::from_millis(1))); // it had fired
    /// assert!(timer.chan().recv().is_ok()); // and fires again
    /// ```
    #[must_use]
    pub fn at(deadline: Instant) -> Timer {
        Timer { bell: bell::new(deadline, 0) }
    }

    /// The channel on which the time is sent: Go's `t.C`. It may be cloned,
    /// and be an arm of a `select!`.
    #[must_use]
    pub fn chan(&self) -> &Receiver<Instant> {
        &self.bell
    }

    /// Keeps the timer from firing. True if that was in time: the timer had not fired, or nobody
    /// had received the time yet (and nobody will).
    ///
    /// # Examples
    /// ```
    /// use gorge::time::Timer;
    /// use std::time::Duration;
    ///
    /// let timer = Timer::new(Duration::from_secs(60));
    /// assert!(timer.stop()); // in time: nothing will come
    /// assert!(!timer.stop()); // it was stopped already
    /// ```
    #[track_caller]
    pub fn stop(&self) -> bool {
        bell::stop(&self.bell)
    }

    /// Sets the timer anew: it fires in `duration`, counted from now, whether or not it has fired
    /// before. Says what [`stop`](Timer::stop) would have said.
    ///
    /// # Examples
    /// ```
    /// use gorge::time::Timer;
    /// use std::time::Duration;
    ///
    /// let timer = Timer::new(Duration::from_secs(3600));
    /// assert!(timer.reset(Duration::from_millis(1))); // it was still running
    /// timer.chan().recv().unwrap();
    /// ```
    #[track_caller]
    pub fn reset(&self, duration: Duration) -> bool {
        bell::reset(&self.bell, Instant::now() + duration, 0)
    }

    /// As [`reset`](Timer::reset), for a moment.
    #[track_caller]
    pub fn reset_at(&self, deadline: Instant) -> bool {
        bell::reset(&self.bell, deadline, 0)
    }
}

/// A channel on which the time is sent once `duration` has passed.
///
/// In a `select!` it is the arm that limits the wait (for which there is `timeout(d) => ..`, too).
///
/// Dropping the receiver disarms the timer: in a loop, each turn's unused
/// `after` costs nothing afterwards.
///
/// # Examples
///
/// ```
/// use gorge::time;
/// use std::time::Duration;
///
/// gorge::run(|| {
///     let (_tx, rx) = gorge::channel::<u32>(0);
///     let start = time::now();
///     gorge::select! {
///         recv(rx) -> _ => unreachable!("nobody sends"),
///         recv(time::after(Duration::from_millis(1))) -> due => {
///             assert!(due.unwrap() - start >= Duration::from_millis(1));
///         }
///     }
/// });
/// ```
///
/// # Compared with Go
///
/// `time.After`. Go 1.23 frees an unused one when the collector finds it; here
/// it is gone when its last receiver is.
#[must_use = "a timer that nobody can hear is freed at once"]
pub fn after(duration: Duration) -> Receiver<Instant> {
    bell::new(Instant::now() + duration, 0)
}
