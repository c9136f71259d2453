//! Bubbles in whose members somebody outside has a hand.

mod common;

use std::panic::Location;
use std::sync::Mutex;

use common::Alone;
use gorge_sched::bubble::{Bubble, End};
use gorge_sched::{
    Parking, Place, Task, WaitReason, go, gosched, num_goroutine, ready, run, timer,
};

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
