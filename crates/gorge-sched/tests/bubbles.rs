//! Bubbles in whose members somebody outside has a hand.

mod common;
mod sleeping;

use std::any::Any;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use common::{Alone, Mailbox};
use gorge_sched::bubble::{Bubble, Choice, End, Policy, Turn};
use gorge_sched::{
    Parking, Place, Task, WaitReason, go, gosched, num_goroutine, ready, run, timer, worker_number,
};
use sleeping::sleep;

/// Who of a bubble waits for somebody outside.
static WAITS: Mutex<Option<Task>> = Mutex::new(None);

/// As for a lock that somebody outside of the bubble holds.
fn wait_for_somebody_outside() {
    let parking = Parking::begin();
    *WAITS.lock().unwrap() = Some(parking.task());
    // SAFETY: published above; who takes the task readies it.
    unsafe { parking.park(WaitReason::Mutex, Location::caller()) }
}

#[test]
fn a_look_at_a_bubble_that_is_over_is_of_no_account() {
    let _alone = Alone::at(2, "a_look_at_a_bubble_that_is_over_is_of_no_account");
    run(|| {
        let before = num_goroutine();
        let outside = go(|| {
            while timer::live() == 0 {
                gosched(); // until the bubble has armed the timer for its look
            }
            let task = WAITS.lock().unwrap().take().unwrap();
            // SAFETY: it parks, and was taken by us alone.
            unsafe { ready(task, Place::Tail) }
        });
        let mut first = Bubble::new();
        assert!(matches!(first.run(wait_for_somebody_outside), End::Done));
        drop(first);
        outside.join().unwrap();
        let mut second = Bubble::new(); // has the first one's record
        while timer::live() != 0 || num_goroutine() != before {
            gosched(); // until the look has come and gone
        }
        assert!(matches!(second.run(gosched), End::Done));
    });
}

/// Has the member that waits for somebody outside go on, as soon as it waits and some looks at the bubble have passed.
fn go_on_after_some_looks(meanwhile: impl Fn()) {
    let began = Instant::now();
    while WAITS.lock().unwrap().is_none() || began.elapsed() < Duration::from_millis(100) {
        meanwhile();
    }
    let task = WAITS.lock().unwrap().take().unwrap();
    // SAFETY: it parks, or is about to, and was taken by us alone.
    unsafe { ready(task, Place::Tail) }
}

#[test]
fn a_plain_thread_may_hold_what_a_member_waits_for() {
    let _alone = Alone::at(2, "a_plain_thread_may_hold_what_a_member_waits_for");
    let outside = std::thread::spawn(|| go_on_after_some_looks(std::hint::spin_loop));
    run(|| {
        let end = Bubble::new().run(wait_for_somebody_outside);
        assert!(matches!(end, End::Done), "{end:?}");
    });
    outside.join().unwrap();
}

#[test]
fn so_may_who_sleeps_outside() {
    let _alone = Alone::at(2, "so_may_who_sleeps_outside");
    run(|| {
        let outside = go(|| go_on_after_some_looks(|| sleep(Duration::from_millis(45))));
        let end = Bubble::new().run(wait_for_somebody_outside);
        assert!(matches!(end, End::Done), "{end:?}");
        outside.join().unwrap();
    });
}

/// There is always one of the two who has been made ready; most of the time he has not been resumed yet.
#[test]
fn so_may_who_is_ready() {
    let _alone = Alone::at(2, "so_may_who_is_ready");
    run(|| {
        for _ in 0..10 {
            let (there, back) = (Arc::new(Mailbox::new(1)), Arc::new(Mailbox::new(1)));
            let (here, away) = (there.clone(), back.clone());
            let echo = go(move || {
                while here.receive() == 2 {
                    away.send(2)
                }
            });
            let outside = go(move || {
                go_on_after_some_looks(|| {
                    there.send(2);
                    back.receive();
                });
                there.send(1);
            });
            let end = Bubble::new().run(wait_for_somebody_outside);
            assert!(matches!(end, End::Done), "{end:?}");
            outside.join().unwrap();
            echo.join().unwrap();
        }
    });
}

/// Lets whoever runs go on.
struct AsItComes;

impl Policy for AsItComes {
    fn choose(&mut self, turn: &Turn<'_>) -> Choice {
        if turn.current.is_some() { Choice::Stay } else { Choice::Other(0) }
    }
    fn below(&mut self, _: u32) -> u32 {
        0
    }
    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

/// What belongs to a worker (places of readers, slots of pools) is used also in a bubble, and after it.
#[test]
fn only_who_is_explored_has_no_worker() {
    let _alone = Alone::at(2, "only_who_is_explored_has_no_worker");
    run(|| {
        let has_worker_in = |mut bubble: Bubble| {
            static SEEN: AtomicBool = AtomicBool::new(false);
            let look = || SEEN.store(worker_number().is_some(), Relaxed);
            assert!(matches!(bubble.run(look), End::Done));
            SEEN.load(Relaxed)
        };
        assert!(has_worker_in(Bubble::new()) && has_worker_in(Bubble::watch()));
        assert!(!has_worker_in(Bubble::serial(Box::new(AsItComes), 1000, 1)));
        assert!(worker_number().is_some(), "as before there were bubbles");
    });
}
