//! Exploration: what is found, how it is told, and that it can be seen again.

use gorge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::Arc;
use std::time::Duration;

use gorge::sync::Mutex;
use gorge::testing::{Explored, explore};
use gorge::{channel, go, time};

use crate::programs::{dine, ping, two_of_six};

fn crossed_locks() {
    let a = Arc::new(Mutex::new(()));
    let b = Arc::new(Mutex::new(()));
    let (a2, b2) = (a.clone(), b.clone());
    let other = go(move || {
        let _b = b2.lock();
        let _a = a2.lock();
    });
    {
        let _a = a.lock();
        let _b = b.lock();
    }
    other.join().unwrap();
}

#[test]
fn crossed_locks_are_found_in_every_way() {
    for exploration in [
        explore(),
        explore().random(1000),
        explore().pct(2, 1000),
        explore().exhaustive(),
        explore().preemptions(1),
    ] {
        let failure = exploration.clone().check(crossed_locks).unwrap_err();
        assert_eq!(failure.what, "deadlock: all goroutines wait", "{exploration:?}");
        assert!(failure.report.contains("sync.Mutex.Lock"), "{failure}");
        assert!(failure.report.contains(&format!("GORGE_REPLAY={}", failure.schedule)));
        let again = explore().replay(&failure.schedule).check(crossed_locks).unwrap_err();
        assert_eq!(again.what, failure.what);
    }
}

#[test]
fn a_clean_program_is_clean() {
    assert_eq!(explore().random(2000).run(ping).schedules, 2000);
    assert!(explore().exhaustive().run(ping).complete);
}

#[test]
fn a_program_without_end_is_told() {
    let failure = explore()
        .random(10)
        .steps(500)
        .check(|| {
            loop {
                gorge::runtime::gosched();
            }
        })
        .unwrap_err();
    assert!(failure.what.starts_with("no end within 500 steps"), "{failure}");
}

#[test]
fn what_depends_on_something_else_is_told() {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    let failure = explore()
        .exhaustive()
        .check(|| {
            let lock = Arc::new(Mutex::new(()));
            let theirs = lock.clone();
            let other = go(move || drop(theirs.lock()));
            if RUNS.fetch_add(1, SeqCst).is_multiple_of(2) {
                drop(lock.lock());
            } else {
                drop(lock.try_lock());
            }
            other.join().unwrap();
        })
        .unwrap_err();
    assert!(failure.what.contains("does not do the same"), "{failure}");
}

#[test]
fn a_schedule_that_does_not_fit_is_told() {
    let failure = explore().check(crossed_locks).unwrap_err();
    let other = explore().replay(&failure.schedule).check(|| {
        let (tx, rx) = channel(0);
        let other = go(move || rx.iter().sum::<i32>());
        for n in 0..10 {
            tx.send(n).unwrap();
        }
        drop(tx);
        other.join().unwrap();
    });
    let other = other.unwrap_err();
    assert!(other.what.starts_with("the schedule does not fit: at decision "), "{other}");
    let nonsense = explore().replay("nonsense").check(|| ()).unwrap_err();
    assert!(nonsense.what.contains("is not a schedule"), "{nonsense}");
}

#[test]
fn timers_may_be_early() {
    let late = || {
        let (tx, rx) = channel(1);
        let worker = go(move || tx.send(1).unwrap());
        let answer = rx.recv_timeout(Duration::from_secs(10));
        worker.join().unwrap();
        assert_eq!(answer, Ok(1), "too late");
    };
    let failure = explore().check(late).unwrap_err();
    assert!(failure.what.contains("too late"), "{failure}");
    explore().early_timers(0).run(late);
}

#[test]
fn random_choices_are_choices() {
    let program = || {
        let (a, from_a) = channel(1);
        let (b, from_b) = channel(1);
        a.send(1).unwrap();
        b.send(2).unwrap();
        gorge::select! {
            recv(from_a) => (),
            recv(from_b) => panic!("the second"),
        }
    };
    let failure = explore().exhaustive().check(program).unwrap_err();
    assert_eq!(failure.what, "panic: the second");
}

#[test]
fn sleeping_is_no_way_to_wait() {
    let program = || {
        let ready = Arc::new(Mutex::new(false));
        let theirs = ready.clone();
        let worker = go(move || *theirs.lock() = true);
        time::sleep(Duration::from_secs(1));
        assert!(*ready.lock(), "not yet");
        worker.join().unwrap();
    };
    assert!(explore().check(program).is_err());
}

#[test]
fn three_philosophers() {
    let explored = explore().exhaustive().run(|| dine(false));
    assert!(matches!(explored, Explored { complete: true, bounded: false, schedules: ..100 }));
    let explored = explore().preemptions(0).run(|| dine(false));
    assert!(matches!(explored, Explored { complete: true, bounded: true, .. }));
    let failure = explore().exhaustive().check(|| dine(true)).unwrap_err();
    assert_eq!(failure.what, "deadlock: all goroutines wait");
}

#[test]
fn a_bug_of_two_among_six() {
    for exploration in [explore().schedules(20_000), explore().pct(2, 20_000)] {
        let failure = exploration.check(two_of_six).unwrap_err();
        assert!(failure.what.contains("between two steps"), "{failure}");
    }
}

/// Two who write the same variable, in no order.
fn racy() {
    let shared = Arc::new(gorge::race::Shared::new(0));
    let theirs = shared.clone();
    let other = go(move || theirs.set(1));
    shared.set(2);
    other.join().unwrap();
}

#[test]
fn races_matter_to_those_who_say_so() {
    // Meanwhile somebody else explores who cares for races.
    let (here, is_here) = std::sync::mpsc::channel();
    let (end, is_end) = std::sync::mpsc::channel::<()>();
    let is_end = std::sync::Mutex::new(is_end);
    let other = std::thread::spawn(move || {
        explore().random(1).run(move || {
            here.send(()).unwrap();
            let _ = is_end.lock().unwrap().recv();
        });
    });
    is_here.recv().unwrap();
    assert_eq!(explore().races(false).random(20).run(racy).schedules, 20);
    let failure = explore().random(20).check(racy).unwrap_err();
    assert_eq!(failure.what, "data race");
    drop(end);
    other.join().unwrap();
}
