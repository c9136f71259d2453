//! The rate limiter: a bucket of tokens that fills at a steady rate.
//!
//! ```text
//!   level (units)
//!   burst |----------.
//!         |   / wait  \ take n
//!       0 |--/---------\------/---- a reservation may take the level below zero:
//!         |             \____/      then it is in force when the level would be zero again
//!         +-------------------------> time
//! ```
//!
//! Invariants, under the lock: `level` is what the bucket holds at the moment `at`, at most the burst;
//! nothing that was reserved is taken twice.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use gorge_sync::sync::Mutex;
use gorge_sync::time::Instant;

use super::limit::Limit;
use crate::context::{Context, ContextError};

/// Lets things happen at a steady rate, and up to a burst at once. A handle: clones are the same limiter.
///
/// | may it happen now? | use |
/// |---|---|
/// | if not, leave it | [`allow`](Limiter::allow) |
/// | if not, tell me when | [`reserve`](Limiter::reserve) |
/// | if not, wait | [`wait`](Limiter::wait) |
///
/// # Examples
/// ```
/// use gorge::{context, time};
/// use gorge::group::{Limit, Limiter};
/// use std::time::Duration;
///
/// gorge::runtime::use_virtual_clock();
/// gorge::run(|| {
///     let limiter = Limiter::new(Limit::per_second(10), 3);
///     let start = time::now();
///     for _ in 0..3 {
///         assert!(limiter.allow()); // the burst
///     }
///     assert!(!limiter.allow());
///     limiter.wait(&context::background()).unwrap();
///     assert_eq!(start.elapsed(), Duration::from_millis(100));
/// });
/// ```
///
/// # Compared with Go
/// `rate.Limiter` of `golang.org/x/time`, with its error texts. The arithmetic is exact.
#[derive(Clone)]
pub struct Limiter {
    bucket: Arc<Mutex<Bucket>>,
}

struct Bucket {
    limit: Limit,
    burst: u32,
    level: i128,
    at: Instant,
    /// When the latest reservation comes into force.
    last: Instant,
}

/// Waiting for the rate limiter would be in vain.
///
/// # Examples
/// ```
/// use gorge::{context, group::{Limit, Limiter}};
///
/// let limiter = Limiter::new(Limit::per_second(1), 2);
/// let error = limiter.wait_n(&context::background(), 3).unwrap_err();
/// assert!(error.to_string().contains("burst"), "{error}"); // three at once never fit
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RateError {
    /// More tokens than the bucket can ever hold.
    ExceedsBurst {
        /// What was wanted.
        n: u32,
        /// What the bucket holds.
        burst: u32,
    },
    /// The context would be done before.
    ExceedsDeadline {
        /// What was wanted.
        n: u32,
    },
    /// The context is done.
    Done(ContextError),
}

impl fmt::Display for RateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RateError::ExceedsBurst { n, burst } => {
                write!(f, "rate: Wait(n={n}) exceeds limiter's burst {burst}")
            }
            RateError::ExceedsDeadline { n } => {
                write!(f, "rate: Wait(n={n}) would exceed context deadline")
            }
            RateError::Done(error) => error.fmt(f),
        }
    }
}

impl Error for RateError {}

impl Limiter {
    /// A limiter whose bucket holds `burst` tokens and is full.
    #[must_use]
    pub fn new(limit: Limit, burst: u32) -> Limiter {
        let now = Instant::now();
        let bucket = Bucket { limit, burst, level: limit.units(burst), at: now, last: now };
        Limiter { bucket: Arc::new(Mutex::new(bucket)) }
    }

    /// The rate.
    ///
    /// # Examples
    /// ```
    /// use gorge::group::{Limit, Limiter};
    ///
    /// let limiter = Limiter::new(Limit::per_second(1), 2);
    /// assert!(limiter.allow_n(2) && !limiter.allow_n(1));
    /// limiter.set_limit(Limit::per_second(1000));
    /// limiter.set_burst(5);
    /// assert_eq!((limiter.limit(), limiter.burst()), (Limit::per_second(1000), 5));
    /// assert!(limiter.tokens() <= 5);
    /// ```
    #[must_use]
    pub fn limit(&self) -> Limit {
        self.bucket.lock().limit
    }

    /// How many tokens the bucket can hold.
    #[must_use]
    pub fn burst(&self) -> u32 {
        self.bucket.lock().burst
    }

    /// How many whole tokens the bucket holds now; less than zero when some are reserved that it has not got yet.
    #[must_use]
    pub fn tokens(&self) -> i128 {
        let mut bucket = self.bucket.lock();
        bucket.advance(Instant::now());
        bucket.limit.tokens(bucket.level)
    }

    /// Changes the rate from now on. What is in the bucket stays; reservations stay in force when they were.
    pub fn set_limit(&self, limit: Limit) {
        let mut bucket = self.bucket.lock();
        bucket.advance(Instant::now());
        bucket.level = match bucket.limit.is_infinite() {
            true => limit.units(bucket.burst),
            false => bucket.limit.convert(bucket.level, limit),
        };
        bucket.limit = limit;
    }

    /// Changes how many tokens the bucket can hold. If it holds more, the rest is lost.
    pub fn set_burst(&self, burst: u32) {
        let mut bucket = self.bucket.lock();
        bucket.advance(Instant::now());
        bucket.burst = burst;
        bucket.level = bucket.level.min(bucket.limit.units(burst));
    }

    /// Whether it may happen now; if so, it has.
    ///
    /// # Examples
    /// ```
    /// use gorge::group::{Limit, Limiter};
    ///
    /// let limiter = Limiter::new(Limit::per_second(1), 2);
    /// assert!(limiter.allow() && limiter.allow()); // two at once
    /// assert!(!limiter.allow()); // and the next one in a second
    /// ```
    #[must_use]
    pub fn allow(&self) -> bool {
        self.allow_n(1)
    }

    /// Whether `n` may happen now; if so, they have.
    #[must_use]
    pub fn allow_n(&self, n: u32) -> bool {
        self.bucket.lock().take(n, Instant::now(), Some(Duration::ZERO)).is_some()
    }

    /// Reserves one event; see [`reserve_n`](Limiter::reserve_n).
    #[must_use]
    pub fn reserve(&self) -> Option<Reservation> {
        self.reserve_n(1)
    }

    /// Reserves `n` events, which may happen after the reservation's [`delay`](Reservation::delay). `None` if there
    /// will never be enough tokens, as when `n` is more than the burst.
    ///
    /// # Examples
    /// ```
    /// use gorge::group::{Limit, Limiter};
    /// use std::time::Duration;
    ///
    /// gorge::runtime::use_virtual_clock();
    /// let limiter = Limiter::new(Limit::every(Duration::from_secs(1)), 1);
    /// assert_eq!(limiter.reserve().unwrap().delay(), Duration::ZERO);
    /// let second = limiter.reserve().unwrap();
    /// assert_eq!(second.delay(), Duration::from_secs(1));
    /// second.cancel(); // the token goes back
    /// assert_eq!(limiter.reserve().unwrap().delay(), Duration::from_secs(1));
    /// assert!(limiter.reserve_n(2).is_none());
    /// ```
    #[must_use]
    pub fn reserve_n(&self, n: u32) -> Option<Reservation> {
        let mut bucket = self.bucket.lock();
        let when = bucket.take(n, Instant::now(), None)?;
        Some(Reservation { limiter: self.clone(), n, when, limit: bucket.limit })
    }

    /// Waits until it may happen.
    ///
    /// # Blocking
    /// As [`wait_n`](Limiter::wait_n).
    ///
    /// # Errors
    /// As [`wait_n`](Limiter::wait_n).
    #[track_caller]
    pub fn wait(&self, ctx: &Context) -> Result<(), RateError> {
        self.wait_n(ctx, 1)
    }

    /// Waits until `n` events may happen. Those who wait go on in the order in which they came.
    ///
    /// # Blocking
    /// Until there are enough tokens or the context is done; a dump shows what [`Context::sleep`] does.
    ///
    /// # Errors
    /// When `n` is more than the burst, when the context is done, or when its deadline comes before there are enough
    /// tokens: then it does not wait at all. After an error no token has been used.
    #[track_caller]
    pub fn wait_n(&self, ctx: &Context, n: u32) -> Result<(), RateError> {
        let (burst, infinite) = {
            let bucket = self.bucket.lock();
            (bucket.burst, bucket.limit.is_infinite())
        };
        if n > burst && !infinite {
            return Err(RateError::ExceedsBurst { n, burst });
        }
        ctx.check().map_err(RateError::Done)?;
        let now = Instant::now();
        let patience = ctx.deadline().map(|deadline| deadline.duration_since(now));
        let reserved = {
            let mut bucket = self.bucket.lock();
            let limit = bucket.limit;
            bucket.take(n, now, patience).map(|when| (when, limit))
        };
        let Some((when, limit)) = reserved else {
            return Err(RateError::ExceedsDeadline { n });
        };
        if when <= now {
            return Ok(());
        }
        ctx.sleep_until(when).map_err(|error| {
            Reservation { limiter: self.clone(), n, when, limit }.cancel();
            RateError::Done(error)
        })
    }
}

impl Bucket {
    /// Fills the bucket with what has come since it was looked at.
    fn advance(&mut self, now: Instant) {
        let gained = self.limit.gain(now.duration_since(self.at).as_nanos() as u64);
        self.level = (self.level + gained).min(self.limit.units(self.burst));
        self.at = self.at.max(now);
    }

    /// Takes `n` tokens, if that is possible and they are there within `patience` (`None`: for ever).
    /// Says when they are.
    fn take(&mut self, n: u32, now: Instant, patience: Option<Duration>) -> Option<Instant> {
        if self.limit.is_infinite() {
            return Some(now);
        }
        if n > self.burst {
            return None;
        }
        self.advance(now);
        let level = self.level - self.limit.units(n);
        let delay = Duration::from_nanos(self.limit.time_for(-level)?);
        if patience.is_some_and(|patience| delay > patience) {
            return None;
        }
        self.level = level;
        self.last = now + delay;
        Some(self.last)
    }
}

/// Tokens that were reserved. Dropping it uses them; [`cancel`](Reservation::cancel) gives them back.
///
/// # Examples
/// ```
/// use gorge::{group::{Limit, Limiter}, time};
///
/// let limiter = Limiter::new(Limit::per_second(10), 1);
/// let first = limiter.reserve().unwrap();
/// let second = limiter.reserve().unwrap();
/// assert!(first.delay().is_zero() && !second.delay().is_zero());
/// assert!(second.moment() > first.moment());
/// second.cancel(); // somebody else may have it
/// ```
#[derive(Debug)]
#[must_use = "the event may happen only after `delay`"]
pub struct Reservation {
    limiter: Limiter,
    n: u32,
    when: Instant,
    limit: Limit,
}

impl Reservation {
    /// How long to wait, from now, before the event may happen.
    #[must_use]
    pub fn delay(&self) -> Duration {
        self.when.until()
    }

    /// When the event may happen.
    #[must_use]
    pub fn moment(&self) -> Instant {
        self.when
    }

    /// The event does not happen: gives back what others have not reserved on top of it meanwhile.
    /// Once it may have happened, nothing is given back.
    pub fn cancel(self) {
        let now = Instant::now();
        let mut bucket = self.limiter.bucket.lock();
        if self.limit.is_infinite() || bucket.limit.is_infinite() || self.when < now {
            return;
        }
        let later = bucket.last.duration_since(self.when).as_nanos() as u64;
        let restored = self.limit.units(self.n) - self.limit.gain(later);
        if restored <= 0 {
            return;
        }
        bucket.advance(now);
        let restored = self.limit.convert(restored, bucket.limit);
        let full = bucket.limit.units(bucket.burst);
        bucket.level = (bucket.level + restored).min(full);
        if self.when == bucket.last {
            let taken = self.limit.time_for(self.limit.units(self.n)).unwrap_or(0);
            let before = self.when.checked_sub(Duration::from_nanos(taken));
            if let Some(before) = before.filter(|before| *before >= now) {
                bucket.last = before;
            }
        }
    }
}

impl fmt::Debug for Limiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bucket = self.bucket.lock();
        f.debug_struct("Limiter")
            .field("limit", &bucket.limit)
            .field("burst", &bucket.burst)
            .finish_non_exhaustive()
    }
}
