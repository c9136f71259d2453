//! Bugs, and their twins without.
//!
//! A bug is found in every run, because its accesses are made in every run, and nothing orders
//! them; they are kept apart in time by what the detector does not see.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool as Unseen, Ordering::SeqCst};
use std::time::Duration;

use gorge::race::{Shared, watch};
use gorge::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use gorge::sync::{
    Barrier, Condvar, Event, Latch, Mutex, Once, OnceLock, RwLock, Semaphore, WaitGroup,
};
use gorge::{Chan, channel, go, scope, select, time};

use super::ending::{Case, Ended};

/// Runs `program` and gives how many races it had.
fn races(program: fn()) -> Vec<String> {
    let watch = watch();
    gorge::run(program);
    watch.end().into_iter().map(|race| race.text).collect()
}

macro_rules! pairs {
    ($($name:ident: $bug:expr, $clean:expr;)*) => {
        pub(crate) const CASES: &[Case] = &[$(Case {
            name: stringify!($name),
            program: || {
                for _ in 0..20 {
                    let found = races($clean);
                    assert!(found.is_empty(), "there is no race here:\n{}", found.join("\n"));
                    assert!(!races($bug).is_empty(), "there is a race here");
                }
            },
            check: Ended::well,
        }),*];
    };
}

fn shared<T>(value: T) -> Arc<Shared<T>> {
    Arc::new(Shared::new(value))
}

/// Waits until `flag` is set, by means that order nothing for the detector.
fn until(flag: &Unseen) {
    while !flag.load(SeqCst) {
        gorge::runtime::gosched();
    }
}

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

    a_send_comes_before_its_receive: || {
        // The value is written after the send.
        let (n, (tx, rx)) = (shared(0), channel(1));
        scope(|s| {
            s.go(|| {
                tx.send(()).unwrap();
                n.set(1);
            });
            rx.recv().unwrap();
            n.get();
        });
    }, || {
        let (n, (tx, rx)) = (shared(0), channel(1));
        scope(|s| {
            s.go(|| {
                n.set(1);
                tx.send(()).unwrap();
            });
            rx.recv().unwrap();
            assert_eq!(n.get(), 1);
        });
    };

    a_receive_comes_before_the_end_of_an_unbuffered_send: || {
        let (n, (tx, rx)) = (shared(0), channel(1));
        scope(|s| {
            s.go(|| {
                n.set(1);
                rx.recv().unwrap();
            });
            tx.send(()).unwrap(); // there is room: nothing was waited for
            n.get();
        });
    }, || {
        let (n, (tx, rx)) = (shared(0), channel(0));
        scope(|s| {
            s.go(|| {
                n.set(1);
                rx.recv().unwrap();
            });
            tx.send(()).unwrap();
            assert_eq!(n.get(), 1);
        });
    };

    a_channel_as_a_semaphore: || {
        // Two at a time.
        let (n, (tx, rx)) = (shared(0), channel(2));
        scope(|s| {
            for _ in 0..3 {
                s.go(|| {
                    tx.send(()).unwrap();
                    n.set(1);
                    rx.recv().unwrap();
                });
            }
        });
    }, || {
        let (n, (tx, rx)) = (shared(0), channel(1));
        scope(|s| {
            for _ in 0..3 {
                s.go(|| {
                    tx.send(()).unwrap();
                    n.update(|n| n + 1);
                    rx.recv().unwrap();
                });
            }
        });
        assert_eq!(n.get(), 3);
    };

    values_go_past_each_other: || {
        // Each receives a value, but not both the one that says so.
        let (n, (tx, rx)) = (shared(0), channel(2));
        scope(|s| {
            tx.send(1).unwrap();
            s.go(|| {
                n.set(1);
                tx.send(2).unwrap();
            });
            s.go(|| {
                assert_eq!(rx.recv(), Ok(1));
                n.get();
                assert_eq!(rx.recv(), Ok(2));
            });
        });
    }, || {
        let (n, (tx, rx)) = (shared(0), channel(2));
        scope(|s| {
            tx.send(1).unwrap();
            s.go(|| {
                n.set(1);
                tx.send(2).unwrap();
            });
            s.go(|| {
                assert_eq!(rx.recv(), Ok(1));
                assert_eq!(rx.recv(), Ok(2));
                n.get();
            });
        });
    };

    a_close: || {
        let (n, c) = (shared(0), Chan::<u8>::new(0));
        scope(|s| {
            s.go(|| {
                c.close();
                n.set(1);
            });
            assert_eq!(c.receive(), None);
            n.get();
        });
    }, || {
        let (n, c) = (shared(0), Chan::<u8>::new(0));
        scope(|s| {
            s.go(|| {
                n.set(1);
                c.close();
            });
            assert_eq!(c.receive(), None);
            n.get();
        });
    };

    the_last_sender_is_dropped: || {
        let (n, (tx, rx)) = (shared(0), channel::<u8>(0));
        scope(|s| {
            for _ in 0..2 {
                let (n, tx) = (n.clone(), tx.clone());
                s.go(move || {
                    n.get();
                    drop(tx);
                });
            }
            drop(tx);
            n.set(1);
            assert_eq!(rx.iter().count(), 0);
        });
    }, || {
        let (n, (tx, rx)) = (shared(0), channel::<u8>(0));
        scope(|s| {
            for _ in 0..2 {
                let (n, tx) = (n.clone(), tx.clone());
                s.go(move || {
                    n.get();
                    drop(tx);
                });
            }
            drop(tx);
            assert_eq!(rx.iter().count(), 0);
            n.set(1);
        });
    };

    select_takes_the_other_arm: || {
        let n = shared(0);
        let ((a, from_a), (b, from_b)) = (channel(1), channel(1));
        scope(|s| {
            s.go(|| {
                n.set(1);
                a.send(()).unwrap();
            });
            b.send(()).unwrap();
            select! {
                biased;
                recv(from_b) -> _ => { n.get(); },
                recv(from_a) -> _ => unreachable!("the other comes first"),
            }
        });
    }, || {
        let n = shared(0);
        let ((a, from_a), (_b, from_b)) = (channel(1), channel::<()>(1));
        scope(|s| {
            s.go(|| {
                n.set(1);
                a.send(()).unwrap();
            });
            select! {
                biased;
                recv(from_b) -> _ => unreachable!("nobody sends"),
                recv(from_a) -> _ => { n.get(); },
            }
        });
    };

    a_select_that_sends: || {
        let (n, (tx, rx)) = (shared(0), channel(1));
        scope(|s| {
            s.go(|| {
                select! { send(tx, 1) -> _ => n.set(1) }
            });
            rx.recv().unwrap();
            n.get();
        });
    }, || {
        let (n, (tx, rx)) = (shared(0), channel(0));
        scope(|s| {
            s.go(|| {
                n.set(1);
                select! { send(tx, 1) -> _ => {} }
            });
            rx.recv().unwrap();
            n.get();
        });
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
        static WAITS: Unseen = Unseen::new(false);
        ADDED.store(false, SeqCst);
        WAITS.store(false, SeqCst);
        let (group, theirs) = (WaitGroup::new(), WaitGroup::new());
        let (group, theirs) = (group.clone(), { drop(theirs); group });
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

    a_relaxed_flag: || {
        let (n, ready) = (shared(0), AtomicBool::new(false));
        scope(|s| {
            s.go(|| {
                n.set(1);
                ready.store(true, Ordering::Relaxed);
            });
            while !ready.load(Ordering::Acquire) {
                gorge::runtime::gosched();
            }
            n.get();
        });
    }, || {
        let (n, ready) = (shared(0), AtomicBool::new(false));
        scope(|s| {
            s.go(|| {
                n.set(1);
                ready.store(true, Ordering::Release);
            });
            while !ready.load(Ordering::Acquire) {
                gorge::runtime::gosched();
            }
            assert_eq!(n.get(), 1);
        });
    };

    the_last_of_several_cleans_up: || {
        let (n, left) = (shared(0), AtomicU32::new(2));
        scope(|s| {
            for _ in 0..2 {
                s.go(|| {
                    if left.fetch_sub(1, Ordering::Relaxed) == 1 {
                        n.set(0);
                    } else {
                        n.get();
                    }
                });
            }
        });
    }, || {
        let (n, left) = (shared(0), AtomicU32::new(2));
        scope(|s| {
            for _ in 0..2 {
                s.go(|| {
                    n.get();
                    if left.fetch_sub(1, Ordering::AcqRel) == 1 {
                        n.set(0);
                    }
                });
            }
        });
    };

    a_goroutine_without_join: || {
        static DONE: Unseen = Unseen::new(false);
        DONE.store(false, SeqCst);
        let n = shared(0);
        let theirs = n.clone();
        let handle = go(move || {
            theirs.set(1);
            DONE.store(true, SeqCst);
        });
        until(&DONE);
        n.get();
        drop(handle);
    }, || {
        let n = shared(0);
        n.set(1);
        let theirs = n.clone();
        let handle = go(move || theirs.update(|n| n + 1));
        handle.join().unwrap();
        assert_eq!(n.get(), 2);
    };

    many_short_goroutines: || {
        // More than there are slots, one after the other; one of them races.
        static DONE: Unseen = Unseen::new(false);
        DONE.store(false, SeqCst);
        let n = shared(0);
        for _ in 0..100 {
            let n = n.clone();
            go(move || n.get()).join().unwrap();
        }
        let theirs = n.clone();
        let writer = go(move || {
            theirs.set(1);
            DONE.store(true, SeqCst);
        });
        until(&DONE);
        let reader = go(move || n.get());
        reader.join().unwrap();
        writer.join().unwrap();
    }, || {
        let n = shared(0);
        for _ in 0..300 {
            let theirs = n.clone();
            go(move || theirs.update(|n| n + 1)).join().unwrap();
        }
        assert_eq!(n.get(), 300);
    };

    a_timer_fires_after_it_was_armed: || {
        let n = shared(0);
        let theirs = n.clone();
        let (tx, rx) = channel(1);
        let late = time::after_func(Duration::from_millis(1), move || {
            theirs.get();
            tx.send(()).unwrap();
        });
        n.set(1);
        rx.recv().unwrap();
        drop(late);
    }, || {
        let n = shared(0);
        n.set(1);
        let theirs = n.clone();
        let (tx, rx) = channel(1);
        let late = time::after_func(Duration::from_millis(1), move || {
            theirs.get();
            tx.send(()).unwrap();
        });
        rx.recv().unwrap();
        n.set(2);
        drop(late);
        // By way of a channel that a timer rings.
        let (m, rings) = (shared(0), time::after(Duration::from_millis(1)));
        m.set(1);
        let theirs = m.clone();
        let (tx, rx) = channel(1);
        let waits = go(move || {
            rings.recv().unwrap();
            rx.recv().unwrap();
            theirs.get();
        });
        tx.send(()).unwrap();
        waits.join().unwrap();
    };

    sleeping_orders_nothing: || {
        let n = shared(0);
        scope(|s| {
            s.go(|| n.set(1));
            time::sleep(Duration::from_millis(2));
            n.get();
        });
    }, || {
        let n = shared(0);
        scope(|s| {
            s.go(|| n.set(1));
        });
        n.get();
    };

    a_map_of_one: || {
        let map = Shared::new(std::collections::BTreeMap::new());
        scope(|s| {
            for n in 0..2 {
                let map = &map;
                s.go(move || map.with_mut(|map| map.insert(n, n)));
            }
        });
    }, || {
        let map = Mutex::new(Shared::new(std::collections::BTreeMap::new()));
        scope(|s| {
            for n in 0..2 {
                let map = &map;
                s.go(move || map.lock().with_mut(|map| map.insert(n, n)));
            }
        });
    };
}
