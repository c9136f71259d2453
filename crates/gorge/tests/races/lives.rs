//! What atomics, starting, ending and timers order, and what they do not.

use std::sync::atomic::{AtomicBool as Unseen, Ordering::SeqCst};
use std::time::Duration;

use gorge::race::Shared;
use gorge::sync::Mutex;
use gorge::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use gorge::{channel, go, scope, time};

use crate::planted::{pairs, shared, until};

pairs! {
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
        // One after the other, so that what is kept of one is used again for
        // the next; only the last two race.
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
