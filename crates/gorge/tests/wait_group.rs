//! Wait groups as their users see them.
//!
//! Re-expressed from Go's src/sync/waitgroup_test.go where the name says `golang`.

mod waiting;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use gorge::sync::WaitGroup;
use gorge::{channel, go, runtime};
use gorge_sched::WaitReason;
use waiting::{named, waits};

/// The text of the panic in `f`.
#[track_caller]
fn panics(f: impl FnOnce() + Send + 'static) -> String {
    let panic = go(f).join().unwrap_err().into_panic().expect("a panic");
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => (*panic.downcast_ref::<&str>().expect("a text")).to_owned(),
    }
}

#[gorge::test]
fn waiting_for_nothing() {
    let group = WaitGroup::new();
    group.wait();
    group.add(0);
    group.wait();
    group.add(2);
    group.add(-2);
    WaitGroup::default().wait();
    group.wait();
}

#[gorge::test]
fn wait_returns_after_the_last_done() {
    let group = WaitGroup::new();
    let done = Arc::new(AtomicU32::new(0));
    for _ in 0..100 {
        group.add(1);
        let (group, done) = (group.clone(), done.clone());
        drop(go(move || {
            runtime::gosched();
            done.fetch_add(1, Ordering::Relaxed);
            group.done();
        }));
    }
    group.wait();
    assert_eq!(done.load(Ordering::Relaxed), 100);
}

#[gorge::test]
fn a_waiter_says_for_what() {
    let group = WaitGroup::new();
    group.add(1);
    assert!(format!("{group:?}").contains("counter: 1, waiters: 0"));
    let waiter = named("a_waiter_says_for_what", {
        let group = group.clone();
        move || group.wait()
    });
    assert_eq!(waits("a_waiter_says_for_what"), WaitReason::WaitGroup);
    assert_eq!(WaitReason::WaitGroup.to_string(), "sync.WaitGroup.Wait");
    assert!(format!("{group:?}").contains("counter: 1, waiters: 1"));
    group.done();
    waiter.join().unwrap();
}

#[test]
fn goroutines_and_threads_wait_together() {
    for _ in 0..100 {
        let group = WaitGroup::new();
        group.add(3);
        let goroutines: Vec<_> = (0..3)
            .map(|_| {
                let group = group.clone();
                go(move || group.wait())
            })
            .collect();
        let waiting: Vec<_> = (0..2)
            .map(|_| {
                let group = group.clone();
                thread::spawn(move || group.wait())
            })
            .collect();
        let finishing = thread::spawn({
            let group = group.clone();
            move || group.done()
        });
        drop(go({
            let group = group.clone();
            move || group.done()
        }));
        group.done();
        group.wait();
        finishing.join().unwrap();
        goroutines.into_iter().for_each(|waiter| waiter.join().unwrap());
        waiting.into_iter().for_each(|waiter| waiter.join().unwrap());
    }
}

#[gorge::test]
fn go_counts_its_goroutine() {
    let group = WaitGroup::new();
    let (tx, rx) = channel(10);
    for n in 0..10 {
        let tx = tx.clone();
        group.go(move || tx.send(n).unwrap());
    }
    group.wait();
    assert_eq!(rx.try_iter().sum::<i32>(), 45);
}

#[gorge::test]
fn go_is_done_after_goexit_too() {
    let group = WaitGroup::new();
    group.go(|| runtime::goexit());
    group.wait();
}

#[gorge::test]
fn again_and_again() {
    let group = WaitGroup::new();
    for _ in 0..1000 {
        let done = Arc::new(AtomicU32::new(0));
        for _ in 0..2 {
            let done = done.clone();
            group.go(move || _ = done.fetch_add(1, Ordering::Relaxed));
        }
        group.wait();
        assert_eq!(done.load(Ordering::Relaxed), 2, "golang: TestWaitGroupRace");
    }
}

/// golang: TestWaitGroup, a barrier of two groups.
#[gorge::test]
fn two_groups_as_a_barrier() {
    const N: i32 = 16;
    let (arrived, leave) = (WaitGroup::new(), WaitGroup::new());
    for _ in 0..8 {
        arrived.add(N);
        leave.add(N);
        let (tx, exited) = channel(N as usize);
        for _ in 0..N {
            let (arrived, leave, tx) = (arrived.clone(), leave.clone(), tx.clone());
            drop(go(move || {
                arrived.done();
                leave.wait();
                tx.send(()).unwrap();
            }));
        }
        arrived.wait();
        for _ in 0..N {
            assert!(exited.try_recv().is_err(), "released too soon");
            leave.done();
        }
        (0..N).for_each(|_| exited.recv().unwrap());
    }
}

/// golang: TestWaitGroupMisuse.
#[gorge::test]
fn more_done_than_add() {
    let text = panics(|| {
        let group = WaitGroup::new();
        group.add(1);
        group.done();
        group.done();
    });
    assert_eq!(text, "sync: negative WaitGroup counter");
    assert_eq!(panics(|| WaitGroup::new().add(-5)), "sync: negative WaitGroup counter");
}

/// As golang: TestWaitGroupMisuse3: the misuse is noticed when the waiter runs
/// late enough, which it does at least once in many rounds.
#[gorge::test]
fn reused_before_wait_has_returned() {
    for round in 0.. {
        assert!(round < 100_000, "never noticed");
        let group = WaitGroup::new();
        group.add(1);
        let name = format!("reused {round}");
        let waiter = named(&name, {
            let group = group.clone();
            move || group.wait()
        });
        waits(&name);
        group.done();
        group.add(1); // the misuse
        let noticed = waiter.join();
        group.done();
        if let Err(error) = noticed {
            let panic = error.into_panic().unwrap();
            let text = "sync: WaitGroup is reused before previous Wait has returned";
            assert_eq!(panic.downcast_ref::<&str>(), Some(&text));
            return;
        }
    }
}
