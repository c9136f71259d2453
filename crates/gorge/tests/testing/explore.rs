//! Exploration: what is found, how it is told, and that it can be seen again.

use gorge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;

use gorge::sync::Mutex;
use gorge::testing::{Explored, explore};
use gorge::{Chan, TryRecvError, channel, go, runtime, select, time};

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

/// Two look whether it is over, under a lock that they take again and again; it takes a third one many steps to bring
/// the end. No schedule lets him wait for ever.
#[test]
fn who_brings_the_end_is_not_starved() {
    let looking = || {
        let (stop, over) = channel::<()>(0);
        let lock = Arc::new(Mutex::new(0));
        for _ in 0..2 {
            let (over, lock) = (over.clone(), lock.clone());
            go(move || {
                while over.try_recv() == Err(TryRecvError::Empty) {
                    *lock.lock() += 1;
                }
            });
        }
        (0..20).for_each(|n| *lock.lock() += n);
        drop(stop);
    };
    explore().schedules(300).steps(3_000).run(looking);
    // Two that never look, but wait for each other in turn.
    let passing = || {
        let (stop, over) = channel::<()>(0);
        let (there, here) = channel(0);
        go(move || while there.send(()).is_ok() {});
        go(move || while over.try_recv() == Err(TryRecvError::Empty) && here.recv().is_ok() {});
        let steps = AtomicU32::new(0);
        (0..60).for_each(|_| _ = steps.fetch_add(1, SeqCst));
        drop(stop);
    };
    explore().schedules(300).steps(5_000).run(passing);
    // What ends it is a timer, and they are never idle.
    let busy = || {
        let (stop, over) = channel::<()>(0);
        let (there, here) = channel(0);
        go(move || while there.send(()).is_ok() {});
        go(move || while over.try_recv() == Err(TryRecvError::Empty) && here.recv().is_ok() {});
        time::sleep(Duration::from_millis(1));
        drop(stop);
    };
    explore().schedules(50).run(busy);
}

/// Who looks again and again whether something has happened lets others run, also when it looks in several places.
#[test]
fn a_loop_of_several_looks_is_one() {
    explore().pct(1, 50).steps(600).run(|| {
        let flags: Arc<[AtomicU32; 3]> = Arc::default();
        let theirs = flags.clone();
        let other = go(move || (0..20).for_each(|n| theirs[2].store(n, SeqCst)));
        let (one, two, three) = (&flags[0], &flags[1], &flags[2]);
        while three.load(SeqCst) != 19 {
            one.store(1, SeqCst);
            two.store(1, SeqCst);
            one.store(2, SeqCst);
            two.store(2, SeqCst);
            one.store(3, SeqCst);
            two.store(3, SeqCst);
        }
        other.join().unwrap();
    });
}

/// All who can run only look, and wait for what only time brings: then time goes on, even when no timer may be early.
#[test]
fn all_look_until_a_time() {
    explore().schedules(50).early_timers(0).steps(3_000).run(|| {
        // (Of `std`: that they look is not seen, only that they let others run.)
        let over = Arc::new(AtomicBool::new(false));
        for _ in 0..2 {
            let over = over.clone();
            go(move || {
                while !over.load(SeqCst) {
                    runtime::gosched();
                }
            });
        }
        time::sleep(Duration::from_millis(1));
        over.store(true, SeqCst);
    });
}

/// A select that has nothing to choose uses no chance: that it concerns what others do to any of its channels is known by
/// its being one.
#[test]
fn a_select_concerns_what_others_do() {
    let saw = |wanted: bool| {
        explore().exhaustive().check(move || {
            let (near, far) = (Chan::new(1), Chan::<u32>::new(1));
            let theirs = near.clone();
            let other = go(move || _ = theirs.try_send(1));
            let seen = select! {
                biased;
                recv(near) -> _ => true,
                recv(far) -> _ => false,
                default => false,
            };
            other.join().unwrap();
            assert!(seen != wanted, "it saw {seen}");
        })
    };
    assert_eq!(saw(true).unwrap_err().what, "panic: it saw true");
    assert_eq!(saw(false).unwrap_err().what, "panic: it saw false");
}

/// Somebody works for long beside a ticker that nobody hears: time goes on now and then, not for ever.
#[test]
fn a_ticker_that_nobody_hears() {
    explore().schedules(10).run(|| {
        let ticks = time::Ticker::new(Duration::from_millis(1));
        let steps = AtomicU32::new(0);
        (0..500).for_each(|_| _ = steps.fetch_add(1, SeqCst));
        ticks.stop();
    });
    // Each time that it lets others run there is nobody else: a tick passes, and not one after the other.
    explore().schedules(10).early_timers(0).run(|| {
        let began = time::now();
        let ticks = time::Ticker::new(Duration::from_millis(1));
        let steps = AtomicU32::new(0);
        (0..1000).for_each(|_| _ = steps.fetch_add(1, SeqCst));
        assert!(began.elapsed() <= Duration::from_millis(10), "{:?}", began.elapsed());
        ticks.stop();
    });
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

#[test]
fn a_race_with_one_who_has_ended_is_found_also_after_many_schedules() {
    static RUNS: AtomicU64 = AtomicU64::new(0);
    let late = || {
        // So many goroutines first that the detector has to use again what it knows them by.
        let late = RUNS.fetch_add(1, SeqCst) >= 1_500;
        let n = Arc::new(gorge::race::Shared::new(0));
        let theirs = n.clone();
        go(move || theirs.set(1)).detach();
        time::sleep(Duration::from_millis(1)); // it has ended then, and orders nothing
        go(|| ()).detach();
        time::sleep(Duration::from_millis(1));
        if late {
            go(move || n.set(2)).detach();
        }
    };
    let failure = explore().early_timers(0).random(2_000).check(late).unwrap_err();
    assert_eq!(failure.what, "data race");
    assert!(failure.schedules > 1_500, "{failure}");
}
