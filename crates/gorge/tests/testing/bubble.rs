//! Virtual time: what a bubble's clock does, and what ends a bubble.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use gorge::future::block_on;
use gorge::sync::{Mutex, Pool, WaitGroup};
use gorge::testing::{bubble, wait};
use gorge::{channel, go, select, time};

use crate::waiting::{named, waits};

/// The text of the panic with which `f` ends.
fn panics<T>(f: impl FnOnce() -> T) -> String {
    let payload = catch_unwind(AssertUnwindSafe(f)).err().expect("it panics");
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => (*payload.downcast::<&str>().expect("a text")).to_owned(),
    }
}

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn an_hour_passes_at_once() {
    let began = std::time::Instant::now();
    bubble(|| {
        let began = time::now();
        time::sleep(HOUR);
        assert_eq!(began.elapsed(), HOUR);
    });
    assert!(began.elapsed() < Duration::from_secs(60));
}

#[test]
fn async_code_waits_for_its_timers() {
    bubble(|| {
        let began = time::now();
        block_on(time::after(HOUR).recv_async()).unwrap();
        assert_eq!(began.elapsed(), HOUR);
    });
    let schedules = gorge::testing::explore().random(200).run(|| {
        let waits = go(|| block_on(time::after(HOUR).recv_async()).unwrap());
        time::sleep(HOUR);
        waits.join().unwrap();
    });
    assert_eq!(schedules.schedules, 200);
}

#[test]
fn timers_of_many_goroutines_fire_in_order() {
    bubble(|| {
        let (tx, rx) = channel(100);
        let wg = WaitGroup::new();
        for n in (0..100).rev() {
            let tx = tx.clone();
            wg.go(move || {
                time::sleep(HOUR * n);
                tx.send(n).unwrap();
            });
        }
        wg.wait();
        drop(tx);
        assert!(rx.iter().eq(0..100));
    });
}

#[test]
fn a_ticker_ticks_and_a_timeout_strikes() {
    bubble(|| {
        let ticker = time::Ticker::new(HOUR);
        let began = time::now();
        for n in 1..=5 {
            ticker.next();
            assert_eq!(began.elapsed(), HOUR * n);
        }
        let (_tx, rx) = channel::<()>(0);
        let timed_out = select! {
            recv(rx) => false,
            timeout(HOUR / 2) => true,
        };
        assert!(timed_out);
        assert_eq!(began.elapsed(), HOUR * 11 / 2);
    });
}

#[test]
fn after_func_runs_in_the_bubble() {
    bubble(|| {
        let (tx, rx) = channel(1);
        let began = time::now();
        let _timer = time::after_func(HOUR, move || tx.send(began.elapsed()).unwrap());
        assert_eq!(rx.recv(), Ok(HOUR));
    });
}

#[test]
fn wait_lets_the_others_come_to_rest() {
    bubble(|| {
        let done = Arc::new(AtomicU32::new(0));
        for n in 0..10 {
            let done = done.clone();
            go(move || {
                for _ in 0..n {
                    gorge::runtime::gosched();
                }
                done.fetch_add(1, SeqCst);
                time::sleep(HOUR);
                done.fetch_add(1, SeqCst);
            })
            .detach();
        }
        let began = time::now();
        wait();
        assert_eq!((done.load(SeqCst), began.elapsed()), (10, Duration::ZERO));
        time::sleep(HOUR);
        wait();
        assert_eq!(done.load(SeqCst), 20);
    });
}

#[test]
fn its_value_is_given() {
    assert_eq!(bubble(|| 6 * 7), 42);
    assert_eq!(gorge::run(|| bubble(|| go(|| 1).join().unwrap() + 1)), 2);
}

#[test]
fn a_panic_goes_through() {
    assert_eq!(panics(|| bubble(|| panic!("first"))), "first");
    let other = || {
        bubble(|| {
            go(|| panic!("other")).detach();
            time::sleep(HOUR);
        });
    };
    assert_eq!(panics(other), "other");
}

#[test]
fn a_deadlock_is_told_with_stacks() {
    let text = panics(|| {
        bubble(|| {
            let (tx, rx) = channel::<()>(0);
            let (tx2, rx2) = channel::<()>(0);
            let other = go(move || {
                let _keeps = tx;
                rx2.recv()
            });
            let _keeps = tx2;
            let _ = rx.recv();
            let _ = other.join();
        });
    });
    assert!(
        text.starts_with("deadlock: all goroutines of the bubble wait\n\ngoroutine "),
        "{text}"
    );
    assert_eq!(text.matches("[chan receive]:").count(), 2, "{text}");
    assert!(text.contains("bubble.rs:"), "{text}");
}

#[test]
fn a_deadlock_of_locks_is_one_too() {
    let text = panics(|| {
        bubble(|| {
            let lock = Mutex::new(());
            let _once = lock.lock();
            let _twice = lock.lock();
        });
    });
    assert!(text.contains("[sync.Mutex.Lock]:"), "{text}");
}

#[test]
fn those_left_behind_are_told() {
    let text = panics(|| {
        bubble(|| {
            let (tx, rx) = channel::<()>(0);
            go(move || tx.send(()).unwrap()).detach();
            std::mem::forget(rx);
        });
    });
    assert!(text.starts_with("1 goroutine left behind"), "{text}");
    assert!(text.contains("[chan send]:"), "{text}");
}

#[test]
fn a_ticker_of_somebody_left_behind_keeps_nothing_going() {
    let text = panics(|| {
        bubble(|| {
            go(|| {
                let ticker = time::Ticker::new(HOUR);
                loop {
                    ticker.next();
                }
            })
            .detach();
            time::sleep(HOUR * 3);
        });
    });
    assert!(text.starts_with("1 goroutine left behind"), "{text}");
}

#[test]
fn a_ticker_nobody_hears_does_not_hide_a_deadlock() {
    let text = panics(|| {
        bubble(|| {
            let _ticker = time::Ticker::new(HOUR);
            let (_tx, rx) = channel::<()>(0);
            let _ = rx.recv();
        });
    });
    assert!(text.starts_with("deadlock"), "{text}");
}

#[test]
fn a_lock_held_outside_is_waited_for() {
    let lock = Arc::new(Mutex::new(0));
    let (locked, is_locked) = channel(0);
    let theirs = lock.clone();
    let outside = go(move || {
        let mut held = theirs.lock();
        locked.send(()).unwrap();
        waits("it locks in a bubble what is held outside");
        // As long as it runs it may come to unlock, also when it takes longer than usual.
        let began = std::time::Instant::now();
        while began.elapsed() < Duration::from_millis(100) {
            gorge::runtime::gosched();
        }
        *held = 1;
    });
    is_locked.recv().unwrap();
    let lock2 = lock.clone();
    bubble(move || {
        let began = time::now();
        let waits = named("it locks in a bubble what is held outside", move || *lock2.lock());
        let sleeps = go(|| time::sleep(HOUR));
        assert_eq!(waits.join().unwrap(), 1);
        assert!(began.elapsed() <= HOUR);
        sleeps.join().unwrap();
    });
    outside.join().unwrap();
}

#[test]
fn time_goes_on_while_a_lock_is_held() {
    bubble(|| {
        let lock = Arc::new(Mutex::new(0));
        let theirs = lock.clone();
        let holder = go(move || {
            let mut held = theirs.lock();
            time::sleep(HOUR);
            *held = 1;
        });
        wait();
        assert_eq!(*lock.lock(), 1);
        holder.join().unwrap();
    });
}

#[test]
fn bubbles_do_not_disturb_each_other() {
    let all: Vec<_> = (1..9)
        .map(|n| {
            go(move || {
                bubble(move || {
                    let began = time::now();
                    for _ in 0..100 {
                        time::sleep(HOUR * n);
                    }
                    began.elapsed()
                })
            })
        })
        .collect();
    for (n, one) in (1..9).zip(all) {
        assert_eq!(one.join().unwrap(), HOUR * n * 100);
    }
}

/// The time of a bubble is no time for others.
#[test]
fn hours_in_a_bubble_make_no_pool_old() {
    let pool = Pool::new(|| 0);
    pool.put(1);
    bubble(|| {
        let other = Pool::new(|| 0);
        other.put(0);
        for _ in 0..5 {
            time::sleep(Duration::from_secs(3600));
            other.get();
            other.get(); // there is none: it looks whether values have grown old
        }
    });
    assert_eq!(pool.len(), 1);
}
