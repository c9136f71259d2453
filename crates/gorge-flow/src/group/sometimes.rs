//! Something that is done now and then: the first few times, every so many times, or after some time.
//!
//! Invariant: who decides holds the lock until what it has decided for is done; so of several callers
//! one at a time acts, and the others see that it has.

use std::fmt;
use std::time::Duration;

use gorge_sync::sync::Mutex;
use gorge_sync::time::Instant;

/// Does something now and then, of all the times that it is asked to. The first time it always does.
///
/// The conditions are alternatives: it acts when one of them holds. Without any it acts once.
///
/// # Examples
/// ```
/// use gorge::group::Sometimes;
/// use std::time::Duration;
///
/// // The first three times, then every tenth, and whenever the latest was a minute ago.
/// static WARN: Sometimes = Sometimes::new().first(3).every(10).interval(Duration::from_secs(60));
///
/// let warned = (0..100).filter(|_| WARN.do_(|| println!("the disk is slow"))).count();
/// assert_eq!(warned, 12); // 0, 1, 2, 10, 20, .. 90
/// ```
///
/// # Compared with Go
/// `rate.Sometimes` of `golang.org/x/time`, whose fields are the methods here.
pub struct Sometimes {
    first: u64,
    every: u64,
    interval: Duration,
    asked: Mutex<Asked>,
}

struct Asked {
    times: u64,
    /// When it acted last, if there is an interval.
    last: Option<Instant>,
}

impl Sometimes {
    /// Only the first time.
    #[must_use]
    pub const fn new() -> Sometimes {
        let asked = Mutex::new(Asked { times: 0, last: None });
        Sometimes { first: 0, every: 0, interval: Duration::ZERO, asked }
    }

    /// Also the first `times` times.
    #[must_use]
    pub const fn first(mut self, times: u64) -> Sometimes {
        self.first = times;
        self
    }

    /// Also each time of which the number, from 0, is a multiple of `times`; 0 is never.
    #[must_use]
    pub const fn every(mut self, times: u64) -> Sometimes {
        self.every = times;
        self
    }

    /// Also when it acted last so long ago; no time at all is never.
    #[must_use]
    pub const fn interval(mut self, interval: Duration) -> Sometimes {
        self.interval = interval;
        self
    }

    /// Asks to do `f`; says whether it was done. A panic of `f` goes on in the caller, and the time counts.
    ///
    /// # Blocking
    /// While `f` of another caller runs; a dump shows `[sync.Mutex.Lock]`. So `f` must not ask again.
    #[track_caller]
    pub fn do_(&self, f: impl FnOnce()) -> bool {
        let mut asked = self.asked.lock();
        let times = asked.times;
        asked.times += 1;
        let timed = !self.interval.is_zero();
        let now = timed.then(Instant::now);
        let long_ago = asked
            .last
            .zip(now)
            .is_some_and(|(last, now)| now.duration_since(last) >= self.interval);
        let due = times == 0
            || times < self.first
            || self.every != 0 && times.is_multiple_of(self.every)
            || long_ago;
        if due {
            asked.last = now;
            f();
        }
        due
    }
}

impl Default for Sometimes {
    fn default() -> Self {
        Sometimes::new()
    }
}

impl fmt::Debug for Sometimes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sometimes")
            .field("first", &self.first)
            .field("every", &self.every)
            .field("interval", &self.interval)
            .finish_non_exhaustive()
    }
}
