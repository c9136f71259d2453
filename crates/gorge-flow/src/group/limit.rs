//! A rate as an exact fraction, and amounts of tokens measured in it.
//!
//! With a rate of `events` per `per` nanoseconds, a token is counted as `per` units; then each nanosecond brings
//! `events` units. All is whole numbers, so no token is lost or won by rounding, however long the limiter runs.
//! `events` has 32 bits, `per` 64, a burst 32: an amount has at most 97 bits and a sign.

use std::time::Duration;

/// No amount is larger, or smaller below zero.
const FAR: i128 = 1 << 120;

/// How often something may happen: so many events in such a time.
///
/// # Examples
/// ```
/// use gorge::group::Limit;
/// use std::time::Duration;
///
/// let ten = Limit::per_second(10);
/// assert_eq!(ten, Limit::new(10, Duration::from_secs(1)));
/// let as_often = Limit::every(Duration::from_millis(100));
/// assert!(!ten.is_infinite() && !as_often.is_infinite());
/// ```
///
/// # Compared with Go
/// `rate.Limit`, which is a floating-point number of events per second; `rate.Every`, `rate.Inf`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limit {
    pub(super) events: u32,
    /// Nanoseconds; 0: as often as one likes.
    pub(super) per: u64,
}

impl Limit {
    /// As often as one likes; the burst does not matter.
    pub const INF: Limit = Limit { events: 1, per: 0 };

    /// Never, once the burst is used up.
    pub const ZERO: Limit = Limit { events: 0, per: 1 };

    /// `events` in each `per`. No time at all is [`INF`](Limit::INF).
    #[must_use]
    pub const fn new(events: u32, per: Duration) -> Limit {
        let nanos = per.as_nanos();
        Limit { events, per: if nanos > u64::MAX as u128 { u64::MAX } else { nanos as u64 } }
    }

    /// One event in each `interval`.
    #[must_use]
    pub const fn every(interval: Duration) -> Limit {
        Limit::new(1, interval)
    }

    /// `events` in each second.
    #[must_use]
    pub const fn per_second(events: u32) -> Limit {
        Limit::new(events, Duration::from_secs(1))
    }

    /// Whether it is [`INF`](Limit::INF).
    #[must_use]
    pub const fn is_infinite(self) -> bool {
        self.per == 0
    }

    /// `tokens` in units.
    pub(super) fn units(self, tokens: u32) -> i128 {
        i128::from(tokens) * i128::from(self.per)
    }

    /// What `nanos` nanoseconds bring.
    pub(super) fn gain(self, nanos: u64) -> i128 {
        i128::from(nanos) * i128::from(self.events)
    }

    /// How many nanoseconds bring at least `units`; `None`: no time does.
    pub(super) fn time_for(self, units: i128) -> Option<u64> {
        if units <= 0 {
            return Some(0);
        }
        let events = i128::from(self.events);
        if events == 0 {
            return None;
        }
        u64::try_from((units + events - 1) / events).ok()
    }

    /// How many whole tokens `units` are.
    pub(super) fn tokens(self, units: i128) -> i128 {
        units.div_euclid(i128::from(self.per.max(1)))
    }

    /// `units` of this limit as units of `other`, rounded down.
    pub(super) fn convert(self, units: i128, other: Limit) -> i128 {
        let (from, to) = (i128::from(self.per.max(1)), i128::from(other.per));
        let (tokens, rest) = (units.div_euclid(from), units.rem_euclid(from));
        // Both are below 2^64, so the product has no sign bit to run into as an unsigned number.
        let rest = (rest as u128 * to as u128 / from as u128) as i128;
        // So many tokens are lent by millions of reservations only.
        tokens.saturating_mul(to).saturating_add(rest).clamp(-FAR, FAR)
    }
}

#[cfg(test)]
mod tests {
    use super::Limit;
    use std::time::Duration;

    #[test]
    fn no_amount_is_too_large_to_be_converted() {
        let quick = Limit::new(u32::MAX, Duration::from_nanos(1));
        let slow = Limit::new(1, Duration::MAX);
        let lent = -quick.gain(u64::MAX);
        let converted = quick.convert(lent, slow);
        assert!(converted < 0 && converted.checked_sub(slow.units(u32::MAX)).is_some());
        assert_eq!(slow.time_for(-converted), None);
        assert_eq!(
            Limit::per_second(10).convert(3_000_000_000, Limit::per_second(5)),
            3_000_000_000
        );
    }
}
