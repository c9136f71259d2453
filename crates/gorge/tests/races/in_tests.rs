//! Races in tests: found without anybody asking, unless somebody asks for none.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize as Unseen, Ordering::SeqCst};

use gorge::race::Shared;
use gorge::runtime::gosched;
use gorge::sync::Mutex;
use gorge::{__private::run_test, go, run, testing};

use super::ending::{Case, Ended};

static COUNTER: Shared<u32> = Shared::new(0);
static MANY: [Shared<u32>; CROWD] = [const { Shared::new(0) }; CROWD];
const CROWD: usize = 8;

/// Until so many are here, by means that order nothing for the detector.
fn until(here: &Unseen, n: usize) {
    while here.load(SeqCst) < n {
        gosched();
    }
}

fn two_increments() {
    let other = go(|| COUNTER.update(|n| n + 1));
    COUNTER.update(|n| n + 1);
    other.join().expect("it only counts");
}

fn under_a_lock() {
    let lock = Arc::new(Mutex::new(()));
    let theirs = lock.clone();
    let count = |lock: &Mutex<()>| {
        let _held = lock.lock();
        COUNTER.update(|n| n + 1);
    };
    let other = go(move || count(&theirs));
    count(&lock);
    other.join().expect("it only counts");
}

fn told(ended: &Ended) {
    assert_eq!(ended.status, Some(101), "{ended}");
    ended.says(&["data race", "WARNING: DATA RACE\n", "tests/races/in_tests.rs:2"]);
}

pub(crate) const CASES: &[Case] = &[
    Case { name: "a_test_with_a_race_fails", program: || run_test(two_increments), check: told },
    Case {
        name: "a_bubble_with_a_race_fails",
        program: || testing::bubble(two_increments),
        check: told,
    },
    Case {
        name: "a_test_without_one_does_not",
        program: || {
            for _ in 0..20 {
                run_test(under_a_lock);
                testing::bubble(under_a_lock);
            }
        },
        check: Ended::well,
    },
    Case {
        name: "tests_are_in_no_race_with_each_other",
        program: || {
            run_test(|| (0..CROWD).for_each(|n| go(move || MANY[n].set(1)).join().expect("set")));
            // These run where those of the first test ran, from before anybody listens.
            run_test(|| {
                let here = Arc::new(Unseen::new(0));
                let look = |here: Arc<Unseen>| {
                    move || {
                        assert!(COUNTER.get() == 0);
                        here.fetch_add(1, SeqCst);
                        until(&here, CROWD + 1);
                    }
                };
                let crowd: Vec<_> = (0..CROWD).map(|_| go(look(here.clone()))).collect();
                until(&here, CROWD);
                MANY.iter().for_each(|one| one.set(2));
                here.fetch_add(1, SeqCst);
                crowd.into_iter().for_each(|other| other.join().expect("well"));
            });
        },
        check: Ended::well,
    },
    Case {
        name: "tests_at_once_are_in_no_race_with_each_other",
        program: || {
            static HERE: Unseen = Unseen::new(0);
            let at_once = |n| {
                let test = move || {
                    COUNTER.set(n);
                    HERE.fetch_add(1, SeqCst);
                    until(&HERE, 4);
                };
                move || run_test(test)
            };
            let tests: Vec<_> = (0..4).map(|n| std::thread::spawn(at_once(n))).collect();
            tests.into_iter().for_each(|test| test.join().expect("clean"));
        },
        check: Ended::well,
    },
    Case {
        name: "a_race_is_found_though_another_test_ends_before",
        program: || {
            static HERE: Unseen = Unseen::new(0);
            static OVER: Unseen = Unseen::new(0);
            std::thread::spawn(|| {
                run_test(|| {
                    MANY[0].set(1);
                    HERE.store(1, SeqCst);
                    until(&HERE, 2);
                });
                OVER.store(1, SeqCst);
            });
            until(&HERE, 1);
            run_test(|| {
                let other = go(|| {
                    MANY[1].set(1); // while the first test looks for races
                    HERE.store(2, SeqCst);
                    until(&OVER, 1);
                });
                until(&OVER, 1);
                MANY[1].set(2);
                other.join().expect("well");
            });
        },
        check: |ended| {
            assert_eq!(ended.status, Some(101), "{ended}");
            ended.says(&["data race", "WARNING: DATA RACE\n"]);
        },
    },
    Case {
        name: "who_wants_none_gets_none",
        program: || {
            // SAFETY: the program has no other thread yet.
            unsafe { std::env::set_var("GORGE_RACE", "0") };
            run_test(two_increments);
        },
        check: Ended::well,
    },
    Case {
        name: "beside_a_test_nothing_is_said",
        program: || {
            run_test(under_a_lock);
            run(two_increments);
        },
        check: Ended::well,
    },
];
