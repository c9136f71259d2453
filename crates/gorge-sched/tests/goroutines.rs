//! Starting, joining, yielding, leaving.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use gorge_sched::{
    Builder, Goroutine, JoinError, go, goexit, goroutine_id, gosched, num_goroutine, run, scope,
};

#[test]
fn values_come_back() {
    assert_eq!(go(|| 42).join().unwrap(), 42);
    let big = go(|| [7u64; 100]).join().unwrap();
    assert_eq!(big, [7; 100]);
    let captured = [3u8; 500];
    assert_eq!(
        go(move || captured.iter().map(|b| u32::from(*b)).sum::<u32>()).join().unwrap(),
        1500
    );
    assert_eq!(run(|| go(|| "nested").join().unwrap()), "nested");
}

#[test]
fn ten_thousand_in_batches() {
    run(|| {
        for _ in 0..3 {
            let handles: Vec<_> =
                (0..if slow() { 500u64 } else { 10_000 }).map(|i| go(move || i)).collect();
            let n = handles.len() as u64;
            let sum: u64 = handles.into_iter().map(|h| h.join().unwrap()).sum();
            assert_eq!(sum, n * (n - 1) / 2);
        }
    });
}

fn slow() -> bool {
    gorge_sched::mode() == gorge_sched::Mode::Thread
}

#[test]
fn joined_from_a_plain_thread() {
    let handles: Vec<_> = (0..200)
        .map(|i| {
            go(move || {
                gosched();
                i
            })
        })
        .collect();
    for (i, h) in handles.into_iter().enumerate() {
        assert_eq!(h.join().unwrap(), i);
    }
}

#[test]
fn yielding_takes_turns_and_keeps_thread_locals() {
    thread_local! {
        static MINE: Cell<u64> = const { Cell::new(0) };
        static LIST: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
    }
    run(|| {
        let handles: Vec<_> = (1..=20u64)
            .map(|i| {
                go(move || {
                    assert_eq!(MINE.get(), 0, "a goroutine begins with fresh thread-locals");
                    MINE.set(i);
                    LIST.with_borrow_mut(|l| l.push(i));
                    for _ in 0..100 {
                        gosched();
                        assert_eq!(MINE.get(), i);
                        LIST.with_borrow(|l| assert_eq!(*l, [i]));
                    }
                })
            })
            .collect();
        for h in handles {
            h.join().unwrap();
        }
    });
}

#[test]
fn thread_locals_are_destroyed_before_join_returns() {
    static DROPPED: AtomicUsize = AtomicUsize::new(0);
    struct Counted;
    impl Drop for Counted {
        fn drop(&mut self) {
            DROPPED.fetch_add(1, SeqCst);
        }
    }
    thread_local!(static LOCAL: RefCell<Option<Counted>> = const { RefCell::new(None) });
    run(|| {
        for n in 1..=50 {
            go(|| LOCAL.set(Some(Counted))).join().unwrap();
            assert_eq!(DROPPED.load(SeqCst), n);
        }
    });
}

#[test]
fn panics_are_given_to_who_joins() {
    run(|| {
        let error = go(|| -> () { panic!("number {}", 7) }).join().unwrap_err();
        assert!(error.is_panic());
        assert_eq!(error.message(), Some("number 7"));
        assert_eq!(error.to_string(), "goroutine panicked: number 7");
        // The panic count is the goroutine's own.
        assert!(!std::thread::panicking());
    });
}

#[test]
fn goexit_runs_destructors() {
    static DROPPED: AtomicUsize = AtomicUsize::new(0);
    struct Counted;
    impl Drop for Counted {
        fn drop(&mut self) {
            DROPPED.fetch_add(1, SeqCst);
        }
    }
    let left = go(|| -> u8 {
        let _guard = Counted;
        goexit()
    });
    assert!(matches!(left.join(), Err(JoinError::Exited)));
    assert_eq!(DROPPED.load(SeqCst), 1);
}

#[test]
fn a_detached_goroutine_drops_its_value() {
    run(|| {
        let value = Arc::new(());
        for i in 0..200 {
            let theirs = value.clone();
            let handle = go(move || {
                if i % 2 == 0 {
                    gosched();
                }
                theirs
            });
            if i % 3 == 0 {
                gosched();
            }
            drop(handle);
        }
        while Arc::strong_count(&value) > 1 {
            gosched();
        }
    });
}

#[test]
fn scopes_borrow_and_wait() {
    run(|| {
        let mut numbers = vec![1, 2, 3, 4];
        let total = AtomicUsize::new(0);
        let product = scope(|s| {
            for n in &mut numbers {
                let total = &total;
                s.go(move || {
                    gosched();
                    *n *= 10;
                    total.fetch_add(*n, SeqCst);
                });
            }
            s.go(|| 6 * 7).join().unwrap()
        });
        assert_eq!(product, 42);
        assert_eq!(numbers, [10, 20, 30, 40]);
        assert_eq!(total.load(SeqCst), 100);
    });
}

#[test]
fn a_scope_waits_when_it_unwinds() {
    let done = AtomicUsize::new(0);
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        scope(|s| {
            for _ in 0..5 {
                s.go(|| {
                    gosched();
                    done.fetch_add(1, SeqCst);
                });
            }
            panic!("in the scope");
        })
    }));
    assert!(caught.is_err());
    assert_eq!(done.load(SeqCst), 5);
    // A panic of an unjoined goroutine comes out of the scope; a joined one does not.
    let caught = std::panic::catch_unwind(|| {
        scope(|s| {
            s.go(|| panic!("unjoined"));
        })
    });
    assert_eq!(gorge_sched::message(&*caught.unwrap_err()), Some("unjoined"));
    scope(|s| assert!(s.go(|| panic!("joined")).join().is_err()));
}

#[test]
fn ids_and_counts() {
    assert_eq!(goroutine_id(), None);
    let h = go(|| goroutine_id().unwrap());
    let id = h.id();
    assert_eq!(h.join().unwrap(), id);
    run(|| {
        assert!(num_goroutine() >= 1);
        let (tx, rx) = std::sync::mpsc::channel::<()>();
        let before = num_goroutine();
        let h = Builder::new().name("waiting").go(move || rx.recv().unwrap_err()).unwrap();
        assert!(num_goroutine() > 0 && before > 0);
        drop(tx);
        h.join().unwrap();
    });
}

#[test]
fn std_guards_may_be_held_while_yielding() {
    run(|| {
        let lock = Arc::new(Mutex::new(0));
        let handles: Vec<_> = (0..4)
            .map(|_| {
                let lock = lock.clone();
                go(move || {
                    for _ in 0..25 {
                        let mut guard = lock.lock().unwrap();
                        *guard += 1;
                        if *guard % 10 == 0 {
                            gosched(); // others block on the lock: their processors are handed over
                        }
                    }
                })
            })
            .collect();
        for h in handles {
            h.join().unwrap();
        }
        assert_eq!(*lock.lock().unwrap(), 100);
    });
}

#[test]
fn gomaxprocs_up_and_down_while_work_runs() {
    run(|| {
        let before = gorge_sched::gomaxprocs(0);
        let stop = Arc::new(AtomicUsize::new(0));
        let turns: Arc<[AtomicUsize; 8]> = Arc::default();
        let handles: Vec<_> = (0..turns.len())
            .map(|i| {
                let (stop, turns) = (stop.clone(), turns.clone());
                go(move || {
                    while stop.load(SeqCst) == 0 {
                        gosched();
                        turns[i].fetch_add(1, SeqCst);
                    }
                })
            })
            .collect();
        for procs in [4, 1, 3, 2, 1, 8, 1, 2] {
            gorge_sched::gomaxprocs(procs);
            assert_eq!(gorge_sched::gomaxprocs(0), procs);
            // Each of them goes on.
            for turns in &*turns {
                let before = turns.load(SeqCst);
                while turns.load(SeqCst) == before {
                    gosched();
                }
            }
        }
        stop.store(1, SeqCst);
        handles.into_iter().for_each(|h| h.join().unwrap());
        gorge_sched::gomaxprocs(before);
    });
}

/// The safe half of parking does no harm, whatever is done in between.
#[test]
fn parking_and_not_parking() {
    use gorge_sched::Parking;
    Parking::recover();
    Parking::begin().cancel();
    run(|| {
        let others: Vec<_> = (0..4).map(|_| go(|| (0..2_000).for_each(|_| gosched()))).collect();
        for _ in 0..2_000 {
            Parking::recover();
            let parking = Parking::begin();
            drop(go(gosched));
            gosched(); // leaves scheduler code, maybe on another worker
            parking.cancel();
        }
        for other in others {
            other.join().unwrap();
        }
    });
}

#[test]
fn a_stack_that_cannot_be_is_refused_and_harms_nobody() {
    for bytes in [usize::MAX, usize::MAX / 2, (1 << 40) + 1] {
        let refused = Builder::new().stack_size(bytes).go(|| ()).unwrap_err();
        assert!(refused.to_string().contains("impossible stack size"), "{refused}");
    }
    gosched();
    assert_eq!(go(|| 7).join().unwrap(), 7);
}

#[test]
fn who_joins_itself_is_told_so() {
    let (give, given) = std::sync::mpsc::channel::<Goroutine<()>>();
    let (tell, told) = std::sync::mpsc::channel();
    let own = go(move || {
        let own = given.recv().unwrap();
        let joins = std::panic::AssertUnwindSafe(|| own.join());
        tell.send(std::panic::catch_unwind(joins).is_err()).unwrap();
    });
    give.send(own).unwrap();
    assert!(told.recv().unwrap());
}

#[test]
fn a_scope_goes_on_when_a_result_exits_while_it_is_dropped() {
    struct Exits;
    impl Drop for Exits {
        fn drop(&mut self) {
            goexit();
        }
    }
    let after = run(|| {
        scope(|s| drop(s.go(|| Exits)));
        1
    });
    assert_eq!(after, 1);
}
