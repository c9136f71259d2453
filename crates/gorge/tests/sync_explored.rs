//! What waits for a count, a flag or each other, pools and maps, in many schedules.
//!
//! The locks underneath are explored by loom, beside their sources; here whole operations are, as their
//! users put them together.

use std::sync::Arc;
use std::time::Duration;

use gorge::sync::atomic::{AtomicU32, Ordering};
use gorge::sync::{Barrier, Event, Latch, Map, Pool, WaitGroup};
use gorge::testing::explore;
use gorge::{JoinChan, go, runtime, select, time};

const MS: Duration = Duration::from_millis(1);

#[test]
fn a_barrier_keeps_the_rounds_apart() {
    explore().schedules(300).run(|| {
        let shared = Arc::new((Barrier::new(3), AtomicU32::new(0)));
        let work = |shared: &(Barrier, AtomicU32)| {
            let (barrier, done) = shared;
            let mut led = 0;
            for round in 1..=2 {
                done.fetch_add(1, Ordering::SeqCst);
                led += u32::from(barrier.wait().is_leader());
                assert_eq!(done.load(Ordering::SeqCst), 3 * round);
                barrier.wait();
            }
            led
        };
        let others: Vec<_> = (0..2)
            .map(|_| {
                let shared = shared.clone();
                go(move || work(&shared))
            })
            .collect();
        let mut led = work(&shared);
        for other in others {
            led += other.join().unwrap();
        }
        assert_eq!(led, 2, "one leader in each round");
    });
}

#[test]
fn a_latch_opens_once_and_for_all() {
    explore().schedules(300).run(|| {
        let latch = Arc::new(Latch::new(2));
        let counters: Vec<_> = (0..2)
            .map(|_| {
                let latch = latch.clone();
                go(move || latch.count_down())
            })
            .collect();
        let patient = go({
            let latch = latch.clone();
            move || latch.wait()
        });
        let hasty = latch.wait_timeout(MS);
        assert!(!hasty || latch.is_open());
        counters.into_iter().for_each(|it| it.join().unwrap());
        patient.join().unwrap();
        assert!(latch.is_open());
    });
}

#[test]
fn each_time_an_event_is_set_lets_one_go() {
    explore().schedules(300).run(|| {
        let shared = Arc::new((Event::auto(), AtomicU32::new(0)));
        let waiters: Vec<_> = (0..2)
            .map(|_| {
                let shared = shared.clone();
                go(move || {
                    shared.0.wait();
                    shared.1.fetch_add(1, Ordering::SeqCst);
                })
            })
            .collect();
        for n in 1..=2 {
            shared.0.set();
            while shared.1.load(Ordering::SeqCst) < n {
                runtime::gosched();
            }
        }
        assert!(!shared.0.is_set());
        waiters.into_iter().for_each(|it| it.join().unwrap());
    });
}

#[test]
fn who_gives_up_on_a_wait_group_is_not_counted() {
    explore().schedules(300).run(|| {
        let (group, stop) = (WaitGroup::new(), Arc::new(Event::manual()));
        group.add(1);
        let hasty = go({
            let (group, stop) = (group.clone(), stop.clone());
            move || {
                select! {
                    on(group.waiting()) => {}
                    on(stop.waiting()) => {}
                    timeout(MS) => {}
                }
            }
        });
        let stopper = go(move || stop.set());
        let worker = go({
            let group = group.clone();
            move || {
                runtime::gosched();
                group.done();
            }
        });
        group.wait();
        hasty.join().unwrap();
        stopper.join().unwrap();
        worker.join().unwrap();
        assert!(format!("{group:?}").contains("counter: 0, waiters: 0"));
    });
}

#[test]
fn a_result_comes_on_the_channel_whenever_it_is_asked_for() {
    explore().schedules(300).run(|| {
        let answer = go(|| {
            runtime::gosched();
            7
        })
        .join_chan();
        select! {
            recv(answer) -> result => assert_eq!(result.unwrap().unwrap(), 7),
            timeout(MS) => assert_eq!(answer.recv().unwrap().unwrap(), 7),
        }
        assert!(answer.recv().is_err(), "it comes once");
    });
}

/// Each operation on a key is one step, under the lock of its shard: so a schedule is an order of operations.
#[test]
fn a_map_counts_by_compare_and_swap() {
    explore().schedules(300).run(|| {
        let map = Arc::new(Map::new());
        map.store("n", 0);
        let count = |map: &Map<&str, u32>| {
            for _ in 0..2 {
                loop {
                    let n = map.load("n").unwrap();
                    runtime::gosched();
                    if map.compare_and_swap("n", &n, n + 1) {
                        break;
                    }
                }
            }
        };
        let other = go({
            let map = map.clone();
            move || count(&map)
        });
        count(&map);
        other.join().unwrap();
        assert_eq!(map.load("n"), Some(4));
    });
}

#[test]
fn a_pool_gives_a_value_to_one_at_a_time() {
    explore().schedules(300).run(|| {
        let pool = Arc::new(Pool::new(|| AtomicU32::new(0)));
        let work = |pool: &Pool<AtomicU32, _>| {
            for _ in 0..3 {
                let users = pool.get();
                assert_eq!(users.fetch_add(1, Ordering::SeqCst), 0, "somebody else has it");
                time::sleep(MS);
                users.fetch_sub(1, Ordering::SeqCst);
                pool.put(users);
            }
        };
        let other = go({
            let pool = pool.clone();
            move || work(&pool)
        });
        work(&pool);
        other.join().unwrap();
        assert!((1..=2).contains(&pool.len()));
    });
}
