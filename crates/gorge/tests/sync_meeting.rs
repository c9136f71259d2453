//! Latch, event, barrier, and locks as arms of a select, as their users see them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use gorge::sync::{Barrier, Event, Latch, Mutex, RwLock, Semaphore};
use gorge::{channel, scope, select};

/// Rounds of a stress test.
fn rounds(ordinarily: usize) -> usize {
    if std::env::var_os("GORGE_STRESS").is_some_and(|v| v == "1") {
        ordinarily * 100
    } else {
        ordinarily
    }
}

#[gorge::test]
fn a_latch_opens_once_and_stays_open() {
    let latch = Latch::new(3);
    assert!(!latch.wait_timeout(Duration::from_millis(1)));
    scope(|s| {
        for _ in 0..5 {
            s.go(|| latch.wait());
        }
        latch.count_down();
        assert_eq!((latch.count(), latch.is_open()), (2, false));
        latch.count_down_by(2);
    });
    latch.wait();
    assert!(latch.wait_timeout(Duration::ZERO));
    select! {
        on(latch.waiting()) -> () => {}
        default => panic!("it is open"),
    }
    assert!(Latch::new(0).is_open());
    let panic = catch_unwind(AssertUnwindSafe(|| latch.count_down())).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"latch: counted down below zero"));
}

#[gorge::test]
fn latches_lose_nobody() {
    for _ in 0..rounds(1000) {
        let (start, end) = (Latch::new(1), Latch::new(4));
        scope(|s| {
            for _ in 0..4 {
                s.go(|| {
                    start.wait();
                    end.count_down();
                });
            }
            start.count_down();
            end.wait();
        });
    }
}

#[gorge::test]
fn a_manual_event_lets_all_go_until_it_is_reset() {
    let event = Event::manual();
    scope(|s| {
        for _ in 0..5 {
            s.go(|| event.wait());
        }
        event.set();
    });
    event.wait();
    event.reset();
    assert!(!event.is_set());
    assert!(!event.try_wait());
    assert!(!event.wait_timeout(Duration::from_millis(1)));
    assert_eq!(format!("{event:?}"), "Event { set: false, auto: false }");
}

#[gorge::test]
fn an_auto_event_lets_one_go_for_each_time_it_is_set() {
    let event = Event::auto();
    event.set();
    event.set();
    assert!(event.try_wait());
    assert!(!event.try_wait(), "it was up once only");
    event.set();
    event.reset();
    assert!(!event.wait_timeout(Duration::from_millis(1)));
    let gone = AtomicUsize::new(0);
    scope(|s| {
        for _ in 0..3 {
            s.go(|| {
                event.wait();
                gone.fetch_add(1, Ordering::SeqCst);
            });
        }
        for n in 1..=3 {
            event.set();
            while gone.load(Ordering::SeqCst) < n {
                gorge::runtime::gosched();
            }
            assert_eq!(gone.load(Ordering::SeqCst), n);
        }
    });
    assert!(!event.is_set());
}

#[gorge::test]
fn an_auto_event_is_taken_by_one_of_two_selects() {
    let event = Event::auto();
    let taken = AtomicUsize::new(0);
    let (quit, over) = channel::<()>(0);
    scope(|s| {
        for _ in 0..4 {
            let over = over.clone();
            let (event, taken) = (&event, &taken);
            s.go(move || {
                loop {
                    select! {
                        on(event.waiting()) -> () => {
                            taken.fetch_add(1, Ordering::SeqCst);
                        }
                        recv(over) -> _ => break,
                    }
                }
            });
        }
        for n in 1..=rounds(2000) {
            event.set();
            while taken.load(Ordering::SeqCst) < n {
                gorge::runtime::gosched();
            }
        }
        quit.close();
    });
    assert!(!event.is_set());
}

#[gorge::test]
fn a_barrier_lets_nobody_ahead() {
    const SIZE: usize = 6;
    let (barrier, turns, leaders) = (Barrier::new(SIZE), AtomicUsize::new(0), AtomicUsize::new(0));
    let (barrier, turns, leaders) = (&barrier, &turns, &leaders);
    let body = move || {
        for turn in 0..rounds(300) {
            turns.fetch_add(1, Ordering::SeqCst);
            if barrier.wait().is_leader() {
                leaders.fetch_add(1, Ordering::SeqCst);
            }
            assert!(turns.load(Ordering::SeqCst) >= (turn + 1) * SIZE);
            barrier.wait();
        }
    };
    // Two plain threads among them.
    std::thread::scope(|plain| {
        plain.spawn(body);
        plain.spawn(body);
        scope(|s| {
            for _ in 2..SIZE {
                s.go(body);
            }
        });
    });
    assert_eq!(leaders.load(Ordering::SeqCst), rounds(300));
    assert!(Barrier::new(0).wait().is_leader());
    assert!(Barrier::new(1).wait().is_leader());
}

#[gorge::test]
fn whatever_can_be_waited_for_can_be_an_arm() {
    let (mutex, lock) = (Mutex::new(1), RwLock::new(2));
    let (semaphore, event) = (Semaphore::new(3), Event::auto());
    let held = (mutex.lock(), lock.write(), semaphore.acquire(3));
    let mut got = Vec::new();
    let wait = |got: &mut Vec<&str>| {
        select! {
            on(mutex.locking()) -> guard => { got.push("mutex"); std::mem::forget(guard) }
            on(lock.reading()) -> guard => { got.push("reading"); std::mem::forget(guard) }
            on(semaphore.acquiring(2)) -> permits => { got.push("semaphore"); permits.forget() }
            on(event.waiting()) -> () => got.push("event"),
            timeout(Duration::from_millis(1)) => got.push("timeout"),
        }
    };
    wait(&mut got);
    drop(held.0);
    wait(&mut got);
    drop(held.1);
    wait(&mut got);
    // What was read stays read: others may, too, and the arm is ready again.
    wait(&mut got);
    assert_eq!(got, ["timeout", "mutex", "reading", "reading"]);
}

/// Several selects over the same two mutexes, against each other and against
/// those who just lock.
#[gorge::test]
fn locks_that_lose_a_race_are_not_lost() {
    let (a, b) = (Mutex::new(0_usize), Mutex::fair(0_usize));
    let rounds = rounds(3000);
    scope(|s| {
        for n in 0..6 {
            let (a, b) = (&a, &b);
            s.go(move || {
                for _ in 0..rounds {
                    match n {
                        0 => *a.lock() += 1,
                        1 => *b.lock() += 1,
                        _ => select! {
                            on(a.locking()) -> mut guard => {
                                *guard += 1;
                                if n == 5 { gorge::runtime::gosched(); }
                            }
                            on(b.locking()) -> mut guard => *guard += 1,
                        },
                    }
                }
            });
        }
    });
    assert_eq!(*a.lock() + *b.lock(), 6 * rounds);
}
