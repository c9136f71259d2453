//! Wait groups, and what waits for a count, a flag or each other, in every interleaving.

use gorge_base::sync::atomic::{AtomicU32, Ordering};
use gorge_base::sync::cell::UnsafeCell;
use gorge_base::sync::{Arc, model_up_to, thread};

use crate::time::instant::Instant;

use super::{Barrier, Event, EventCount, Latch, WaitGroup};

/// What each of two has done: a place for each, which the other reads once it must have been told. Loom sees it
/// if what they wait by does not order that.
struct Done([UnsafeCell<usize>; 2]);

// SAFETY: whether that is so is what is tested; loom watches.
unsafe impl Send for Done {}
// SAFETY: as above.
unsafe impl Sync for Done {}

impl Done {
    fn new() -> Arc<Done> {
        Arc::new(Done([UnsafeCell::new(0), UnsafeCell::new(0)]))
    }

    fn put(&self, who: usize) {
        // SAFETY: see the type.
        self.0[who].with_mut(|place| unsafe { *place += 1 });
    }

    fn get(&self, who: usize) -> usize {
        // SAFETY: see the type.
        self.0[who].with(|place| unsafe { *place })
    }
}

#[test]
fn done_against_wait() {
    model_up_to(3, || {
        let (group, all) = (WaitGroup::new(), Done::new());
        group.add(2);
        let workers: Vec<_> = (0..2)
            .map(|who| {
                let (group, all) = (group.clone(), all.clone());
                thread::spawn(move || {
                    all.put(who);
                    group.done();
                })
            })
            .collect();
        group.wait();
        assert_eq!((all.get(0), all.get(1)), (1, 1));
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

/// Somebody gives up as the group is done: the others go on, and nobody is counted who has gone.
#[test]
fn done_against_giving_up() {
    model_up_to(3, || {
        let group = WaitGroup::new();
        group.add(1);
        let hasty = {
            let group = group.clone();
            thread::spawn(move || group.wait_deadline(Instant::from_nanos(1)))
        };
        let worker = {
            let group = group.clone();
            thread::spawn(move || {
                gorge_sched::timer::pass();
                group.done();
            })
        };
        group.wait();
        hasty.join().unwrap();
        worker.join().unwrap();
        assert!(group.wait_deadline(Instant::from_nanos(0)));
    });
}

/// All who waited give up as the group is done: then it may be used again at once.
#[test]
fn reuse_after_giving_up() {
    model_up_to(3, || {
        let group = WaitGroup::new();
        group.add(1);
        let worker = {
            let group = group.clone();
            thread::spawn(move || {
                gorge_sched::timer::pass();
                group.done();
            })
        };
        if !group.wait_deadline(Instant::from_nanos(1)) {
            group.add(1);
            group.done();
        }
        worker.join().unwrap();
        assert!(group.wait_deadline(Instant::from_nanos(0)));
    });
}

#[test]
fn a_barrier_lets_all_go_again_and_again() {
    model_up_to(3, || {
        let (barrier, all) = (Arc::new(Barrier::new(2)), Done::new());
        let rounds = |barrier: &Barrier, all: &Done, who: usize| {
            all.put(who);
            let first = barrier.wait().is_leader();
            assert_eq!(all.get(1 - who), 1);
            usize::from(first) + usize::from(barrier.wait().is_leader())
        };
        let other = {
            let (barrier, all) = (barrier.clone(), all.clone());
            thread::spawn(move || rounds(&barrier, &all, 1))
        };
        let mine = rounds(&barrier, &all, 0);
        assert_eq!(mine + other.join().unwrap(), 2);
    });
}

/// One gives up waiting as the other comes: he has come all the same, and who goes on knows what he has done.
#[test]
fn who_has_come_to_a_barrier_and_waits_no_longer_is_counted() {
    model_up_to(3, || {
        let (barrier, all) = (Arc::new(Barrier::new(2)), Done::new());
        let hasty = {
            let (barrier, all) = (barrier.clone(), all.clone());
            thread::spawn(move || {
                all.put(0);
                let arrival = barrier.arrive();
                let over = arrival.wait_deadline(Instant::from_nanos(1));
                if over || arrival.is_over() {
                    assert_eq!(all.get(1), 1);
                }
                arrival.wait();
            })
        };
        gorge_sched::timer::pass();
        all.put(1);
        barrier.wait();
        assert_eq!(all.get(0), 1);
        hasty.join().unwrap();
    });
}

#[test]
fn a_latch_lets_all_go() {
    model_up_to(3, || {
        let (latch, all) = (Arc::new(Latch::new(2)), Done::new());
        let counters: Vec<_> = (0..2)
            .map(|who| {
                let (latch, all) = (latch.clone(), all.clone());
                thread::spawn(move || {
                    all.put(who);
                    latch.count_down();
                })
            })
            .collect();
        latch.wait();
        assert_eq!((all.get(0), all.get(1)), (1, 1));
        assert!(latch.is_open());
        for counter in counters {
            counter.join().unwrap();
        }
    });
}

/// Two wait, and the flag is raised twice: each goes on once, whoever comes when. (The second
/// time comes after somebody has gone on, for a flag that is up cannot be raised.)
#[test]
fn an_event_that_resets_itself_lets_one_go() {
    model_up_to(3, || {
        let event = Arc::new(Event::auto());
        let gone = Arc::new(Latch::new(1));
        let waiters: Vec<_> = (0..2)
            .map(|_| {
                let (event, gone) = (event.clone(), gone.clone());
                thread::spawn(move || {
                    event.wait();
                    if !gone.is_open() {
                        gone.count_down();
                        event.set();
                    }
                })
            })
            .collect();
        event.set();
        for waiter in waiters {
            waiter.join().unwrap();
        }
    });
}

#[test]
fn an_event_that_stays_lets_all_go() {
    model_up_to(3, || {
        let (event, all) = (Arc::new(Event::manual()), Done::new());
        let waiters: Vec<_> = (0..2)
            .map(|_| {
                let (event, all) = (event.clone(), all.clone());
                thread::spawn(move || {
                    event.wait();
                    assert_eq!(all.get(0), 1);
                })
            })
            .collect();
        all.put(0);
        event.set();
        for waiter in waiters {
            waiter.join().unwrap();
        }
    });
}
