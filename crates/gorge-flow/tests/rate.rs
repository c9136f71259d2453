//! The rate limiter, to the nanosecond.

mod alone;

use std::time::Duration;

use alone::{HOUR, MS, SECOND, alone, settle};
use gorge::context::{self, ContextError, background};
use gorge::group::{Limit, Limiter, RateError, Sometimes};
use gorge::{go, time};

#[test]
fn a_burst_and_then_the_rate() {
    alone(|| {
        let limiter = Limiter::new(Limit::per_second(10), 5);
        let start = time::now();
        let allowed = (0..10).filter(|_| limiter.allow()).count();
        assert_eq!((allowed, limiter.tokens()), (5, 0));
        time::sleep(99 * MS);
        assert!(!limiter.allow());
        time::sleep(MS);
        assert!(limiter.allow() && !limiter.allow());
        for n in 1..=20 {
            limiter.wait(&background()).unwrap();
            assert_eq!(start.elapsed(), 100 * MS + n * 100 * MS);
        }
        time::sleep(HOUR);
        assert_eq!(limiter.tokens(), 5, "no more than the burst");
        assert!(!limiter.allow_n(6) && limiter.allow_n(5) && !limiter.allow());
    });
}

#[test]
fn no_token_is_lost_by_rounding() {
    alone(|| {
        // 7 in 3 s is no whole number of nanoseconds for each.
        let limiter = Limiter::new(Limit::new(7, 3 * SECOND), 1);
        let start = time::now();
        assert!(limiter.allow());
        for n in 1..=700u64 {
            limiter.wait(&background()).unwrap();
            let exact = (n * 3_000_000_000).div_ceil(7);
            assert_eq!(start.elapsed(), Duration::from_nanos(exact));
        }
        assert_eq!(start.elapsed(), 300 * SECOND);
    });
}

#[test]
fn reservations() {
    alone(|| {
        let limiter = Limiter::new(Limit::every(SECOND), 2);
        let delays: Vec<_> = (0..4).map(|_| limiter.reserve().unwrap().delay()).collect();
        assert_eq!(delays, [Duration::ZERO, Duration::ZERO, SECOND, 2 * SECOND]);
        assert_eq!(limiter.tokens(), -2);
        let both = limiter.reserve_n(2).unwrap();
        assert_eq!(both.delay(), 4 * SECOND);
        both.cancel();
        assert_eq!(limiter.tokens(), -2);
        // What others have reserved on top of it does not come back.
        let first = limiter.reserve_n(2).unwrap();
        let second = limiter.reserve().unwrap();
        assert_eq!((first.delay(), second.delay()), (4 * SECOND, 5 * SECOND));
        first.cancel();
        assert_eq!(limiter.tokens(), -4);
        time::sleep(10 * SECOND);
        second.cancel();
        assert_eq!(limiter.tokens(), 2, "it has happened");
        assert!(limiter.reserve_n(3).is_none(), "more than the burst");
    });
}

#[test]
fn waiting_in_vain() {
    alone(|| {
        let start = time::now();
        let limiter = Limiter::new(Limit::every(10 * SECOND), 2);
        let error = limiter.wait_n(&background(), 3).unwrap_err();
        assert_eq!(error.to_string(), "rate: Wait(n=3) exceeds limiter's burst 2");
        assert!(limiter.allow_n(2));

        let (ctx, _cancel) = context::with_timeout(&background(), 9 * SECOND);
        let error = limiter.wait(&ctx).unwrap_err();
        assert_eq!(error.to_string(), "rate: Wait(n=1) would exceed context deadline");
        assert_eq!(start.elapsed(), Duration::ZERO, "it did not even begin");

        let (ctx, cancel) = context::with_cancel(&background());
        time::after_func(3 * SECOND, move || _ = cancel.cancel());
        assert_eq!(limiter.wait(&ctx), Err(RateError::Done(ContextError::Canceled)));
        assert_eq!(limiter.wait(&ctx), Err(RateError::Done(ContextError::Canceled)));
        assert_eq!(start.elapsed(), 3 * SECOND);
        limiter.wait(&background()).unwrap();
        assert_eq!(start.elapsed(), 10 * SECOND, "what was cancelled has cost nothing");
    });
}

#[test]
fn extreme_rates() {
    alone(|| {
        let free = Limiter::new(Limit::INF, 0);
        assert!((0..1000).all(|_| free.allow_n(u32::MAX)));
        assert_eq!(free.wait_n(&background(), 7), Ok(()));
        assert_eq!(free.reserve().unwrap().delay(), Duration::ZERO);
        let shut = Limiter::new(Limit::ZERO, 2);
        assert!(shut.allow_n(2) && !shut.allow());
        time::sleep(1000 * HOUR);
        assert!(!shut.allow() && shut.reserve().is_none());
        assert_eq!(shut.wait(&background()), Err(RateError::ExceedsDeadline { n: 1 }));
        let none = Limiter::new(Limit::per_second(5), 0);
        assert!(!none.allow());
        assert_eq!(none.wait(&background()), Err(RateError::ExceedsBurst { n: 1, burst: 0 }));
        let slow = Limiter::new(Limit::every(Duration::MAX), u32::MAX);
        assert!(slow.allow_n(u32::MAX) && !slow.allow());
        slow.set_limit(Limit::new(u32::MAX, Duration::MAX));
        time::sleep(4 * SECOND);
        assert!(!slow.allow(), "one in 4.29 s");
        time::sleep(SECOND);
        assert!(slow.allow());
    });
}

#[test]
fn changes_while_in_use() {
    alone(|| {
        let start = time::now();
        let limiter = Limiter::new(Limit::every(10 * SECOND), 4);
        assert!(limiter.allow_n(4));
        let waiting = {
            let limiter = limiter.clone();
            go(move || limiter.wait(&background()).map(|()| start.elapsed()))
        };
        settle();
        limiter.set_limit(Limit::every(SECOND));
        assert_eq!(limiter.tokens(), -1);
        assert_eq!(waiting.join().unwrap(), Ok(10 * SECOND), "reserved before the change");
        assert_eq!(limiter.tokens(), 4, "nine seconds and more at the new rate");
        limiter.set_burst(2);
        assert_eq!((limiter.tokens(), limiter.burst()), (2, 2));
        limiter.set_limit(Limit::INF);
        assert!(limiter.allow_n(100));
        limiter.set_limit(Limit::every(SECOND));
        assert_eq!((limiter.tokens(), limiter.limit()), (2, Limit::per_second(1)));
    });
}

/// The numbers, from 0, of those of `times` times at which `sometimes` acts, one second apart.
fn acts(sometimes: &Sometimes, times: u32) -> Vec<u32> {
    let acts = |n: &u32| {
        let mut done = false;
        assert_eq!(sometimes.do_(|| done = true), done, "time {n}");
        time::sleep(SECOND);
        done
    };
    (0..times).filter(acts).collect()
}

#[test]
fn now_and_then() {
    alone(|| {
        assert_eq!(acts(&Sometimes::new(), 10), [0]);
        assert_eq!(acts(&Sometimes::new().first(3), 10), [0, 1, 2]);
        assert_eq!(acts(&Sometimes::new().every(4), 10), [0, 4, 8]);
        assert_eq!(acts(&Sometimes::new().interval(3 * SECOND), 10), [0, 3, 6, 9]);
        // At 5 because of the number; the interval counts from there.
        let all = Sometimes::new().first(2).every(5).interval(3 * SECOND);
        assert_eq!(acts(&all, 12), [0, 1, 4, 5, 8, 10]);

        let sometimes = Sometimes::new().every(2);
        assert_eq!(alone::panic_of(|| sometimes.do_(|| panic!("now"))), "now");
        assert_eq!(acts(&sometimes, 3), [1], "the panic was the first time, and nothing is locked");
    });
}
