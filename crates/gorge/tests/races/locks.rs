//! What locks, wait groups and their kin order, and what they do not.

use std::sync::atomic::{AtomicBool as Unseen, Ordering::SeqCst};
use std::time::Duration;

use gorge::race::Shared;
use gorge::sync::{
    Barrier, Condvar, Event, Latch, Mutex, Once, OnceLock, RwLock, Semaphore, WaitGroup,
};
use gorge::{go, scope, time};

use crate::planted::{pairs, shared, until};

pairs! {
    counter: || {
        let n = shared(0);
        scope(|s| {
            s.go(|| n.update(|n| n + 1));
            s.go(|| n.update(|n| n + 1));
        });
    }, || {
        let (n, lock) = (shared(0), Mutex::new(()));
        scope(|s| {
            for _ in 0..2 {
                s.go(|| {
                    let _locked = lock.lock();
                    n.update(|n| n + 1);
                });
            }
        });
        assert_eq!(n.get(), 2);
    };

    a_reader_that_writes: || {
        let (n, lock) = (shared(0), RwLock::new(()));
        scope(|s| {
            for _ in 0..2 {
                s.go(|| {
                    let _locked = lock.read();
                    n.update(|n| n + 1);
                });
            }
        });
    }, || {
        let (n, lock) = (shared(0), RwLock::new(()));
        scope(|s| {
            for _ in 0..2 {
                s.go(|| {
                    let _locked = lock.write();
                    n.update(|n| n + 1);
                });
                s.go(|| {
                    let _locked = lock.read();
                    n.get()
                });
            }
        });
    };

    two_locks_for_one_variable: || {
        let (n, one, other) = (shared(0), Mutex::new(()), Mutex::new(()));
        scope(|s| {
            for lock in [&one, &other] {
                let n = &n;
                s.go(move || {
                    let _locked = lock.lock();
                    n.set(1);
                });
            }
        });
    }, || {
        let (n, one) = (shared(0), Mutex::new(()));
        scope(|s| {
            for lock in [&one, &one] {
                let n = &n;
                s.go(move || {
                    let _locked = lock.lock();
                    n.set(1);
                });
            }
        });
    };

    the_lock_is_let_go_too_early: || {
        let (n, lock) = (shared(0), Mutex::new(()));
        scope(|s| {
            for _ in 0..2 {
                s.go(|| {
                    let value = { let _locked = lock.lock(); n.get() };
                    n.set(value + 1);
                });
            }
        });
    }, || {
        let (n, lock) = (shared(0), Mutex::new(()));
        scope(|s| {
            for _ in 0..2 {
                s.go(|| {
                    let _locked = lock.lock();
                    let value = n.get();
                    n.set(value + 1);
                });
            }
        });
    };

    done_too_early: || {
        let (n, group) = (shared(0), WaitGroup::new());
        group.add(1);
        let (theirs, signal) = (n.clone(), group.clone());
        let worker = go(move || {
            signal.done();
            theirs.set(1);
        });
        group.wait();
        n.get();
        worker.join().unwrap();
    }, || {
        let (n, group) = (shared(0), WaitGroup::new());
        group.add(1);
        let (theirs, signal) = (n.clone(), group.clone());
        let worker = go(move || {
            theirs.set(1);
            signal.done();
        });
        group.wait();
        n.get();
        worker.join().unwrap();
    };

    add_in_the_goroutine: || {
        // `wait` may come before `add`.
        static ADDED: Unseen = Unseen::new(false);
        ADDED.store(false, SeqCst);
        let group = WaitGroup::new();
        let theirs = group.clone();
        let worker = go(move || {
            theirs.add(1);
            ADDED.store(true, SeqCst);
            time::sleep(Duration::from_millis(2));
            theirs.done();
        });
        until(&ADDED);
        group.wait();
        worker.join().unwrap();
    }, || {
        let group = WaitGroup::new();
        let theirs = group.clone();
        group.add(1);
        let worker = go(move || {
            time::sleep(Duration::from_millis(2));
            theirs.done();
        });
        group.wait();
        worker.join().unwrap();
    };

    double_checked_locking: || {
        static READY: Shared<bool> = Shared::new(false);
        let (lock, n) = (Mutex::new(()), shared(0));
        READY.set(false);
        let use_it = || {
            if !READY.get() {
                let _locked = lock.lock();
                if !READY.get() {
                    n.set(1);
                    READY.set(true);
                }
            }
            n.get();
        };
        scope(|s| {
            s.go(use_it);
            s.go(use_it);
        });
    }, || {
        let (once, n) = (Once::new(), shared(0));
        let use_it = || {
            once.call_once(|| n.set(1));
            assert_eq!(n.get(), 1);
        };
        scope(|s| {
            s.go(use_it);
            s.go(use_it);
        });
    };

    made_once: || {
        // The value is shared, and changed afterwards.
        let cell: OnceLock<Shared<u8>> = OnceLock::new();
        scope(|s| {
            for _ in 0..2 {
                s.go(|| cell.get_or_init(|| Shared::new(1)).set(2));
            }
        });
    }, || {
        let cell: OnceLock<Shared<u8>> = OnceLock::new();
        scope(|s| {
            for _ in 0..2 {
                s.go(|| cell.get_or_init(|| { let made = Shared::new(1); made.set(2); made }).get());
            }
        });
    };

    a_signal_without_the_lock: || {
        let (n, lock, changed) = (shared(0), Mutex::new(false), Condvar::new());
        scope(|s| {
            s.go(|| {
                *lock.lock() = true;
                changed.signal();
                n.set(1);
            });
            changed.wait_while(&mut lock.lock(), |done| !*done);
            n.get();
        });
    }, || {
        let (n, lock, changed) = (shared(0), Mutex::new(false), Condvar::new());
        scope(|s| {
            s.go(|| {
                n.set(1);
                *lock.lock() = true;
                changed.signal();
            });
            changed.wait_while(&mut lock.lock(), |done| !*done);
            n.get();
        });
    };

    before_the_event: || {
        let (n, event) = (shared(0), Event::manual());
        scope(|s| {
            s.go(|| {
                event.set();
                n.set(1);
            });
            event.wait();
            n.get();
        });
    }, || {
        let (n, event) = (shared(0), Event::manual());
        scope(|s| {
            s.go(|| {
                n.set(1);
                event.set();
            });
            event.wait();
            n.get();
        });
    };

    before_the_latch_opens: || {
        let (n, latch) = (shared(0), Latch::new(1));
        scope(|s| {
            s.go(|| {
                latch.count_down();
                n.set(1);
            });
            latch.wait();
            n.get();
        });
    }, || {
        let (n, latch) = (shared([0, 0]), Latch::new(2));
        let both = [shared(0), shared(0)];
        scope(|s| {
            for part in &both {
                let latch = &latch;
                s.go(move || {
                    part.set(1);
                    latch.count_down();
                });
            }
            latch.wait();
            n.set([both[0].get(), both[1].get()]);
        });
    };

    phases_without_a_barrier: || {
        let parts = [shared(0), shared(0)];
        scope(|s| {
            for mine in 0..2 {
                let parts = &parts;
                s.go(move || {
                    parts[mine].set(1);
                    parts[1 - mine].get()
                });
            }
        });
    }, || {
        let (parts, barrier) = ([shared(0), shared(0)], Barrier::new(2));
        scope(|s| {
            for mine in 0..2 {
                let (parts, barrier) = (&parts, &barrier);
                s.go(move || {
                    for round in 0..3 {
                        parts[mine].set(round);
                        barrier.wait();
                        assert_eq!(parts[1 - mine].get(), round);
                        barrier.wait();
                    }
                });
            }
        });
    };

    a_semaphore_of_two: || {
        let (n, permits) = (shared(0), Semaphore::new(2));
        scope(|s| {
            for _ in 0..2 {
                s.go(|| {
                    let _one = permits.try_acquire(1).expect("two");
                    n.set(1);
                    std::mem::forget(_one);
                });
            }
        });
    }, || {
        let (n, permits) = (shared(0), Semaphore::new(1));
        scope(|s| {
            for _ in 0..2 {
                s.go(|| {
                    let _one = permits.acquire(1);
                    n.set(1);
                });
            }
        });
    };
}
