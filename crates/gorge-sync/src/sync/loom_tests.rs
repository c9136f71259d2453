//! Wait groups in every interleaving.

use gorge_base::sync::atomic::{AtomicU32, Ordering};
use gorge_base::sync::{Arc, model_up_to, thread};

use crate::time::instant::Instant;

use super::{EventCount, WaitGroup};

#[test]
fn done_against_wait() {
    model_up_to(3, || {
        let group = WaitGroup::new();
        group.add(2);
        let workers: Vec<_> = (0..2)
            .map(|_| {
                let group = group.clone();
                thread::spawn(move || group.done())
            })
            .collect();
        group.wait();
        for worker in workers {
            worker.join().unwrap();
        }
    });
}

#[test]
fn two_wait() {
    model_up_to(3, || {
        let group = WaitGroup::new();
        group.add(1);
        let other = {
            let group = group.clone();
            thread::spawn(move || group.wait())
        };
        let worker = {
            let group = group.clone();
            thread::spawn(move || group.done())
        };
        group.wait();
        other.join().unwrap();
        worker.join().unwrap();
    });
}

/// Two who try the same, one event that has enough for both, then another for
/// whoever came late: a lost wakeup is a deadlock, which loom finds.
#[test]
fn no_event_is_missed_between_trying_and_waiting() {
    model_up_to(3, || {
        let shared = Arc::new((AtomicU32::new(0), EventCount::new()));
        let takers: Vec<_> = (0..2)
            .map(|_| {
                let shared = shared.clone();
                thread::spawn(move || {
                    let (slot, events) = &*shared;
                    loop {
                        let seen = events.seen();
                        let there = slot.load(Ordering::Acquire);
                        if there == 0 {
                            events.wait(seen);
                        } else if slot
                            .compare_exchange(there, there - 1, Ordering::AcqRel, Ordering::Relaxed)
                            .is_ok()
                        {
                            return;
                        }
                    }
                })
            })
            .collect();
        let (slot, events) = &*shared;
        slot.store(2, Ordering::Release);
        events.advance();
        for taker in takers {
            taker.join().unwrap();
        }
    });
}

/// Someone whose patience ends as the event comes: he goes on once, either way.
#[test]
fn an_event_against_a_deadline() {
    model_up_to(3, || {
        let events = Arc::new(EventCount::new());
        let seen = events.seen();
        let waiter = {
            let events = events.clone();
            thread::spawn(move || events.wait_deadline(seen, Instant::from_nanos(1)))
        };
        let clock = thread::spawn(gorge_sched::timer::pass);
        events.advance();
        clock.join().unwrap();
        waiter.join().unwrap();
    });
}
