//! What a report says is enough to find the bug.

use std::sync::Arc;
use std::time::Duration;

use gorge::race::Shared;
use gorge::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use gorge::sync::{Mutex, WaitGroup};
use gorge::testing::{Failure, explore};
use gorge::{Chan, channel, context, future::block_on, go, select, time};

#[track_caller]
fn says(failure: &Failure, lines: &[&str]) {
    let mut rest = &*failure.report;
    for line in lines {
        let at = rest.find(line);
        let at = at.unwrap_or_else(|| panic!("without {line:?}, or not there:\n{failure}"));
        rest = &rest[at + line.len()..];
    }
}

/// The answer comes when the channel has been closed, because the clock was fast: who panicked first, and when time went
/// on, is told.
#[test]
fn a_timeout_that_closes_the_channel() {
    let failure = explore().schedules(10_000).check(|| {
        let answers = Chan::new(1);
        let theirs = answers.clone();
        let worker = go(move || {
            time::sleep(Duration::from_millis(5));
            theirs.send(42);
        });
        select! {
            recv(answers) -> n => assert_eq!(n, Ok(42)),
            timeout(Duration::from_millis(10)) => answers.close(),
        }
        worker.join().unwrap();
    });
    says(
        &failure.unwrap_err(),
        &[
            "before that, one panicked at ",
            "send on closed channel",
            "goroutine ",
            " select ",
            " close channel #1 ",
            " sleep ",
            " send channel #1 ",
            "  time:\n    after ",
            "the next timer fires: early, as if those who can run were slow\n",
        ],
    );
}

#[test]
fn one_is_left_behind() {
    let failure = explore().schedules(10).check(|| {
        let (to, from) = channel(0);
        let (second, kept) = (to.clone(), from.clone());
        go(move || _ = to.send(1));
        go(move || {
            let _ = second.send(2);
            drop(kept);
        });
        from.recv().unwrap();
    });
    let lines = [
        "1 goroutine left behind: the test has returned, and what it waits for never comes\n",
        "it needs no switch",
        "[chan send]",
    ];
    says(&failure.unwrap_err(), &lines);
}

/// Receiving in async code, and cancelling, are steps: others come before them.
#[test]
fn async_code_and_contexts_are_explored() {
    let failure = explore().exhaustive().check(|| {
        let (question, asked) = channel::<u32>(1);
        let (answer, told) = channel::<u32>(1);
        let seen = Arc::new(AtomicUsize::new(0));
        let theirs = seen.clone();
        let other = go(move || {
            block_on(async {
                let n = asked.recv_async().await.unwrap();
                answer.send_async(n + 1).await.unwrap();
            });
        });
        let third = go(move || theirs.store(told.recv().unwrap() as usize, SeqCst));
        block_on(question.send_async(1)).unwrap();
        assert_eq!(seen.load(SeqCst), 0, "the answer may be there");
        other.join().unwrap();
        third.join().unwrap();
    });
    says(&failure.unwrap_err(), &["the answer may be there", " receive channel #", " in a future"]);
    let failure = explore().exhaustive().check(|| {
        let (ctx, cancel) = context::with_cancel(&context::background());
        let written = Arc::new(AtomicUsize::new(0));
        let theirs = written.clone();
        let worker = go(move || {
            for n in 1..=2 {
                if ctx.err().is_some() {
                    return;
                }
                theirs.store(n, SeqCst);
            }
        });
        cancel.cancel();
        let at_cancel = written.load(SeqCst);
        worker.join().unwrap();
        assert_eq!(written.load(SeqCst), at_cancel, "written after it was cancelled");
    });
    says(&failure.unwrap_err(), &["written after it was cancelled", " store atomic #"]);
}

/// Two tests have one helper: each report names the one it is about.
#[test]
fn who_has_called_the_helper() {
    fn two_writes() {
        let n = Arc::new(Shared::new(0));
        let theirs = n.clone();
        let other = go(move || theirs.set(1));
        n.set(2);
        other.join().unwrap();
    }
    fn of_one() {
        two_writes();
    }
    fn of_another() {
        two_writes();
    }
    let both = [
        (of_one as fn(), ["::of_one()", "::of_another()"]),
        (of_another, ["::of_another()", "::of_one()"]),
    ]
    .map(|(program, [caller, other])| {
        let failure = explore().random(10).check(program).unwrap_err();
        says(&failure, &["WARNING: DATA RACE", caller, "created at:", caller]);
        assert!(!failure.report.contains(other), "{failure}");
        failure
    });
    for failure in both {
        let created = failure.report.matches("created at:").count();
        assert_eq!(created, 1, "nobody has started the test itself:\n{failure}");
    }
}

/// One that is past its function has no stack of the program's, and ours explains nothing.
#[test]
fn who_has_done_all_is_shown_without_a_stack() {
    let failure = explore().random(10).check(|| {
        let (n, group) = (Arc::new(Shared::new(0)), WaitGroup::new());
        let theirs = n.clone();
        group.go(move || theirs.set(1));
        n.set(2);
        group.wait();
    });
    let failure = failure.unwrap_err();
    says(
        &failure,
        &[
            "WARNING: DATA RACE",
            "where they are:",
            "[sync.WaitGroup.Wait]:",
            "[runnable]:\ncreated by ",
        ],
    );
    assert!(!failure.report.contains("gorge_sched::"), "{failure}");
}

/// The memory of a lock that is gone is another lock's: each has its own name. (That it is the same memory is not said
/// by anybody; mostly it is, as the second is as large as the first.)
#[test]
fn one_lock_after_the_other() {
    let failure = explore().schedules(1).check(|| {
        let first = Box::new(Mutex::new(1));
        *first.lock() += 1;
        drop(first);
        let second = Box::new(Mutex::new(2));
        *second.lock() += 1;
        panic!("over");
    });
    says(
        &failure.unwrap_err(),
        &[" lock mutex #1 ", " unlock mutex #1 ", " lock mutex #2 ", " unlock mutex #2 "],
    );
}

/// Who stops a timer, or sets it anew, is told with the place.
#[test]
fn a_timer_is_set() {
    let failure = explore().schedules(1).check(|| {
        let timer = time::Timer::new(Duration::from_secs(1));
        timer.chan().recv().unwrap();
        timer.reset(Duration::from_secs(1));
        assert!(!timer.stop(), "it was going to strike");
    });
    let lines =
        [" receive timer #1 ", " set timer #1 ", "reports.rs:", " set timer #1 ", "reports.rs:"];
    says(&failure.unwrap_err(), &lines);
}

#[test]
fn a_timer_that_is_dropped_closes_no_channel() {
    let failure = explore()
        .random(1)
        .check(|| {
            let timer = time::Timer::new(Duration::from_secs(1));
            drop(time::after(Duration::from_secs(2)));
            drop(timer);
            panic!("so that there is a report");
        })
        .unwrap_err();
    assert!(!failure.report.contains("close channel"), "{failure}");
}
