//! Sleeping, timers and tickers on the virtual clock: exact times, and no test really waits.
//!
//! All tests of a process have one clock, and there is no way back to real time:
//! so they run one after the other, and what has to do with real time is tested in `time_real.rs`.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

use gorge::time::{self, Instant, Ticker, Timer};
use gorge::{TryRecvError, channel, go, runtime, select};

const MS: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_secs(3600);

/// The virtual clock, for one test at a time.
fn clock() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    static CLOCK: Once = Once::new();
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    CLOCK.call_once(runtime::use_virtual_clock);
    alone
}

/// Runs `f` as a goroutine on the virtual clock, while no other test does.
fn alone<T: Send>(f: impl FnOnce() -> T + Send) -> T {
    let _clock = clock();
    gorge::run(f)
}

#[test]
fn sleepers_wake_in_the_order_of_their_deadlines() {
    alone(|| {
        let (tx, rx) = channel(0);
        let start = time::now();
        for n in [30, 10, 20, 50, 40] {
            let tx = tx.clone();
            drop(go(move || {
                time::sleep(n * MS);
                tx.send((n, start.elapsed())).unwrap();
            }));
        }
        drop(tx);
        let woken: Vec<_> = rx.iter().collect();
        assert_eq!(woken, [10, 20, 30, 40, 50].map(|n| (n, n * MS)));
    });
}

#[test]
fn hours_pass_at_once() {
    alone(|| {
        let start = time::now();
        time::sleep(10_000 * HOUR);
        assert_eq!(start.elapsed(), 10_000 * HOUR);
        time::sleep_until(start + 10_001 * HOUR);
        assert_eq!(start.elapsed(), 10_001 * HOUR);
    });
}

#[test]
fn sleeping_not_at_all_lets_others_run() {
    alone(|| {
        let start = time::now();
        let ran = Arc::new(AtomicUsize::new(0));
        let other = ran.clone();
        let other = go(move || other.fetch_add(1, Ordering::Relaxed));
        while ran.load(Ordering::Relaxed) == 0 {
            time::sleep(Duration::ZERO);
            time::sleep_until(start);
        }
        other.join().unwrap();
        assert_eq!(start.elapsed(), Duration::ZERO);
    });
}

#[test]
fn a_plain_thread_sleeps_too() {
    let _clock = clock();
    let start = time::now();
    time::sleep(HOUR);
    assert_eq!(start.elapsed(), HOUR);
}

#[test]
fn a_timer_sends_the_moment_it_was_due_once() {
    alone(|| {
        let start = time::now();
        let timer = Timer::new(5 * MS);
        time::sleep(9 * MS);
        assert_eq!(timer.chan().len(), 1);
        assert_eq!(timer.chan().recv(), Ok(start + 5 * MS));
        assert_eq!(start.elapsed(), 9 * MS);
        time::sleep(HOUR);
        assert_eq!(timer.chan().try_recv(), Err(TryRecvError::Empty), "not closed");
        assert!(!timer.stop());
    });
}

#[test]
fn timers_at_a_moment() {
    alone(|| {
        let start = time::now();
        let timer = Timer::at(start + 3 * MS);
        assert_eq!(timer.chan().recv(), Ok(start + 3 * MS));
        assert!(!timer.reset_at(start + 7 * MS));
        assert_eq!(timer.chan().recv(), Ok(start + 7 * MS));
        // One that has passed already fires at once.
        assert!(!timer.reset_at(start));
        assert_eq!(timer.chan().recv(), Ok(start));
        assert_eq!(start.elapsed(), 7 * MS);
    });
}

#[test]
fn stopping_in_time_and_too_late() {
    alone(|| {
        let timer = Timer::new(5 * MS);
        assert!(timer.stop(), "it was armed");
        assert!(!timer.stop(), "it is not any more");
        time::sleep(10 * MS);
        assert_eq!(timer.chan().try_recv(), Err(TryRecvError::Empty));

        assert!(!timer.reset(5 * MS), "it was stopped");
        time::sleep(10 * MS);
        assert!(timer.stop(), "it has fired, but nobody has received");
        assert_eq!(timer.chan().try_recv(), Err(TryRecvError::Empty), "nothing stale");
        assert!(!timer.stop());
    });
}

#[test]
fn resetting_forgets_the_old_time() {
    alone(|| {
        let start = time::now();
        let timer = Timer::new(5 * MS);
        assert!(timer.reset(8 * MS), "it was armed");
        assert_eq!(timer.chan().recv(), Ok(start + 8 * MS));

        assert!(!timer.reset(MS), "it has fired and was received");
        time::sleep(2 * MS);
        assert!(timer.reset(10 * MS), "it has fired, but nobody has received");
        assert_eq!(timer.chan().recv(), Ok(start + 20 * MS));
    });
}

#[test]
fn a_timer_nobody_can_hear_is_gone() {
    alone(|| {
        let before = runtime::num_timers();
        let count = || runtime::num_timers() - before;

        let timer = Timer::new(HOUR);
        assert_eq!(count(), 1);
        let chan = timer.chan().clone();
        drop(timer);
        assert_eq!(count(), 1, "somebody may still receive");
        drop(chan);
        assert_eq!(count(), 0);

        let rx = time::after(HOUR);
        let ticks = time::tick(HOUR);
        let ticker = Ticker::new(HOUR);
        assert_eq!(count(), 3);
        drop((rx, ticks, ticker));
        assert_eq!(count(), 0);

        // Losers of a select are dropped with it.
        for _ in 0..100 {
            let (tx, rx) = channel(1);
            tx.send(()).unwrap();
            select! {
                recv(rx) -> _ => {},
                recv(time::after(HOUR)) -> _ => unreachable!(),
            }
            select! {
                recv(rx) -> _ => unreachable!(),
                recv(time::after(MS)) -> _ => {},
            }
        }
        assert_eq!(count(), 0);
        assert_eq!(rx_timeout(), MS);
        assert_eq!(count(), 0);
    });
}

/// A timed receive that times out.
fn rx_timeout() -> Duration {
    let (_tx, rx) = channel::<u32>(0);
    let start = time::now();
    assert!(rx.recv_timeout(MS).is_err());
    start.elapsed()
}

#[test]
fn ticks_do_not_drift() {
    alone(|| {
        let start = time::now();
        let ticker = Ticker::new(10 * MS);
        for n in 1..=100 {
            assert_eq!(ticker.next(), start + n * 10 * MS);
            time::sleep(n % 10 * MS); // however long each takes
        }
        assert_eq!(start.elapsed(), 1000 * MS);
    });
}

#[test]
fn a_slow_listener_misses_ticks() {
    alone(|| {
        let start = time::now();
        let ticker = Ticker::new(10 * MS);
        time::sleep(75 * MS);
        assert_eq!(ticker.next(), start + 10 * MS, "the one that waited");
        assert_eq!(ticker.next(), start + 80 * MS, "the next that is due");
    });
}

#[test]
fn a_ticker_stops_and_is_reset() {
    alone(|| {
        let start = time::now();
        let ticker = Ticker::new(10 * MS);
        time::sleep(15 * MS);
        ticker.stop();
        assert_eq!(ticker.chan().try_recv(), Err(TryRecvError::Empty), "nothing stale");
        time::sleep(100 * MS);
        assert_eq!(ticker.chan().try_recv(), Err(TryRecvError::Empty));
        ticker.reset(3 * MS);
        assert_eq!(ticker.next(), start + 118 * MS);
        assert_eq!(ticker.next(), start + 121 * MS);
        ticker.reset(10 * MS);
        assert_eq!(ticker.next(), start + 131 * MS);
    });
}

#[test]
fn tick_is_a_channel_of_ticks() {
    alone(|| {
        let start = time::now();
        let ticks: Vec<Instant> = time::tick(MS).iter().take(3).collect();
        assert_eq!(ticks, [1, 2, 3].map(|n| start + n * MS));
        assert!(time::tick(Duration::ZERO).is_nil());
    });
}

#[test]
#[should_panic(expected = "non-positive interval for NewTicker")]
fn a_ticker_needs_a_period() {
    let _ = Ticker::new(Duration::ZERO);
}

#[test]
#[should_panic(expected = "non-positive interval for Ticker.Reset")]
fn a_ticker_needs_a_period_when_reset() {
    let _clock = clock();
    Ticker::new(HOUR).reset(Duration::ZERO);
}

#[test]
fn after_func_runs_in_a_goroutine_of_its_own() {
    alone(|| {
        let (tx, rx) = channel(1);
        let start = time::now();
        let me = runtime::goroutine_id();
        let timer = time::after_func(5 * MS, move || {
            tx.send((runtime::goroutine_id(), start.elapsed())).unwrap();
        });
        let (id, at) = rx.recv().unwrap();
        assert_ne!(id, me);
        assert_eq!(at, 5 * MS);
        assert!(!timer.stop(), "it has run");

        assert!(!timer.reset(5 * MS));
        assert!(timer.reset(7 * MS));
        assert_eq!(rx.recv().unwrap().1, 12 * MS);

        assert!(!timer.reset(5 * MS));
        assert!(timer.stop());
        time::sleep(HOUR);
        assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    });
}

#[test]
fn after_func_needs_no_handle_and_frees_its_function() {
    alone(|| {
        let token = Arc::new(());
        let (tx, rx) = channel(0);
        let held = token.clone();
        drop(time::after_func(5 * MS, move || {
            let _held = &held;
            tx.send(()).unwrap();
        }));
        assert_eq!(rx.recv(), Ok(()));
        while Arc::strong_count(&token) > 1 {
            runtime::gosched(); // the goroutine is about to end
        }

        let held = token.clone();
        let stopped = time::after_func(HOUR, move || drop(held.clone()));
        assert!(stopped.stop());
        assert_eq!(Arc::strong_count(&token), 2);
        drop(stopped);
        assert_eq!(Arc::strong_count(&token), 1);
    });
}

#[test]
fn a_slow_function_runs_beside_itself() {
    alone(|| {
        let running = Arc::new(AtomicUsize::new(0));
        let most = Arc::new(AtomicUsize::new(0));
        let (r, m) = (running.clone(), most.clone());
        let timer = time::after_func(MS, move || {
            m.fetch_max(r.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            time::sleep(10 * MS);
            r.fetch_sub(1, Ordering::SeqCst);
        });
        time::sleep(2 * MS);
        timer.reset(MS);
        time::sleep(20 * MS);
        assert_eq!(running.load(Ordering::SeqCst), 0);
        assert_eq!(most.load(Ordering::SeqCst), 2);
    });
}

#[test]
fn timers_as_arms() {
    alone(|| {
        let start = time::now();
        let (late, soon) = (Timer::new(20 * MS), Timer::new(10 * MS));
        let ticker = Ticker::new(7 * MS);
        let mut seen = Vec::new();
        while seen.len() < 4 {
            select! {
                recv(late.chan()) -> due => seen.push(("late", due.unwrap() - start)),
                recv(soon.chan()) -> due => seen.push(("soon", due.unwrap() - start)),
                recv(ticker.chan()) -> due => seen.push(("tick", due.unwrap() - start)),
            }
        }
        let expected = [("tick", 7), ("soon", 10), ("tick", 14), ("late", 20)];
        assert_eq!(seen, expected.map(|(name, n)| (name, n * MS)));
    });
}

/// As many timers as the issue asks for, all due at the same moment.
#[test]
fn a_million_timers_at_once() {
    const MILLION: usize = 1_000_000;
    alone(|| {
        let before = runtime::num_timers();
        let start = time::now();
        let timers: Vec<_> = (0..MILLION).map(|_| time::after(HOUR)).collect();
        assert_eq!(runtime::num_timers() - before, MILLION);
        for timer in &timers {
            assert_eq!(timer.recv(), Ok(start + HOUR));
        }
        assert_eq!(runtime::num_timers(), before);
    });
}

#[test]
fn many_sleepers_of_many_lengths() {
    let sleepers = if runtime::mode() == runtime::Mode::Fiber { 100_000 } else { 1000 };
    alone(move || {
        let start = time::now();
        let all: Vec<_> = (0..sleepers)
            .map(|n| {
                let length = (n * 7919 % 1000 + 1) * MS;
                go(move || {
                    time::sleep(length);
                    assert_eq!(start.elapsed(), length);
                })
            })
            .collect();
        for one in all {
            one.join().unwrap();
        }
        assert_eq!(start.elapsed(), 1000 * MS);
    });
}
