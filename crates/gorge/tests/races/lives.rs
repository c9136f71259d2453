//! What atomics, starting, ending and timers order, and what they do not.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool as Unseen, Ordering::SeqCst};
use std::task::{Poll, Waker};
use std::time::Duration;

use gorge::future::block_on;
use gorge::race::Shared;
use gorge::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use gorge::sync::{EventCount, Mutex};
use gorge::{channel, context, go, scope, time};

use crate::planted::{pairs, shared, until};

/// Until somebody has said so, and woken.
async fn woken(place: &std::sync::Mutex<(Option<Waker>, bool)>) {
    poll_fn(|cx| {
        let mut place = place.lock().unwrap();
        place.0 = Some(cx.waker().clone());
        if place.1 { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

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

    a_context_that_is_asked: || {
        let n = shared(0);
        let (ctx, cancel) = context::with_cancel(&context::background());
        let theirs = n.clone();
        let other = go(move || {
            cancel.cancel();
            theirs.set(1);
        });
        while ctx.err().is_none() {
            gorge::runtime::gosched();
        }
        n.get();
        other.join().unwrap();
    }, || {
        let n = shared(0);
        let (ctx, cancel) = context::with_cancel(&context::background());
        let theirs = n.clone();
        let other = go(move || {
            theirs.set(1);
            cancel.cancel();
        });
        while ctx.err().is_none() {
            gorge::runtime::gosched();
        }
        n.get();
        other.join().unwrap();
    };

    a_context_below_one_that_has_ended: || {
        let n = shared(0);
        let (ctx, cancel) = context::with_cancel(&context::background());
        let theirs = n.clone();
        let other = go(move || {
            cancel.cancel();
            theirs.set(1);
        });
        while context::with_cancel(&ctx).0.err().is_none() {
            gorge::runtime::gosched();
        }
        n.get();
        other.join().unwrap();
    }, || {
        let n = shared(0);
        let (ctx, cancel) = context::with_cancel(&context::background());
        let theirs = n.clone();
        let other = go(move || {
            theirs.set(1);
            cancel.cancel();
        });
        while context::with_cancel(&ctx).0.err().is_none() {
            gorge::runtime::gosched();
        }
        n.get();
        other.join().unwrap();
    };

    a_count_of_events: || {
        let (n, changes) = (shared(0), EventCount::new());
        let seen = changes.seen();
        scope(|s| {
            s.go(|| {
                changes.advance();
                n.set(1);
            });
            changes.wait(seen);
            n.get();
        });
    }, || {
        for waits in [false, true] {
            let (n, changes) = (shared(0), EventCount::new());
            let seen = changes.seen();
            scope(|s| {
                s.go(|| {
                    n.set(1);
                    changes.advance();
                });
                while !waits && changes.seen() == seen {
                    gorge::runtime::gosched();
                }
                changes.wait(seen);
                n.get();
            });
        }
    };

    // Whoever comes first waits in the channel's queue, once the one and once the other.
    channels_in_async_code: || {
        let n = shared(0);
        let (tx, rx) = channel(1);
        let theirs = n.clone();
        let other = go(move || {
            block_on(rx.recv_async()).unwrap();
            theirs.set(1);
        });
        time::sleep(Duration::from_secs(1));
        block_on(tx.send_async(())).unwrap();
        n.set(2);
        other.join().unwrap();
    }, || {
        for first in [0, 1] {
            let (before, after) = (shared(0), shared(0));
            let (tx, rx) = channel(0);
            let (sent, received) = (before.clone(), after.clone());
            let other = go(move || {
                time::sleep(Duration::from_secs(first));
                sent.set(1);
                block_on(tx.send_async(())).unwrap();
                received.get();
            });
            time::sleep(Duration::from_secs(1 - first));
            after.set(1);
            block_on(rx.recv_async()).unwrap();
            before.get();
            other.join().unwrap();
        }
    };

    who_awaits_a_goroutine: || {
        let n = shared(0);
        let theirs = n.clone();
        let other = go(move || theirs.set(1)).into_future();
        n.set(2);
        block_on(other).unwrap();
    }, || {
        let n = shared(0);
        let theirs = n.clone();
        let other = go(move || theirs.set(1));
        block_on(other.into_future()).unwrap();
        n.set(2);
    };

    // The future finds it in a place of which the detector knows nothing: it is the wake that orders.
    a_future_that_is_woken: || {
        let n = shared(0);
        let place = Arc::new(std::sync::Mutex::new((None::<Waker>, false)));
        let (theirs, wakes) = (n.clone(), place.clone());
        let other = go(move || {
            time::sleep(Duration::from_secs(1));
            let waker = wakes.lock().unwrap().0.take();
            wakes.lock().unwrap().1 = true;
            waker.unwrap().wake();
            theirs.set(1);
        });
        block_on(woken(&place));
        n.set(2);
        other.join().unwrap();
    }, || {
        let n = shared(0);
        let place = Arc::new(std::sync::Mutex::new((None::<Waker>, false)));
        let (theirs, wakes) = (n.clone(), place.clone());
        let other = go(move || {
            time::sleep(Duration::from_secs(1));
            theirs.set(1);
            let waker = wakes.lock().unwrap().0.take();
            wakes.lock().unwrap().1 = true;
            waker.unwrap().wake();
        });
        block_on(woken(&place));
        n.set(2);
        other.join().unwrap();
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
