//! Locks and channels.

use std::sync::Arc;
use std::time::Duration;

use gorge::sync::{Condvar, Mutex, RwLock};
use gorge::{Chan, channel, go, select, time};

/// kubernetes 10182: who sends has the lock that the receiver takes after each message.
pub(crate) fn status_of_pods(mended: bool) {
    let statuses = Arc::new(RwLock::new(0));
    let (tx, rx) = channel(0);
    let batch = statuses.clone();
    go(move || {
        for _ in 0..2 {
            rx.recv().unwrap();
            *batch.write() -= 1;
        }
    })
    .detach();
    for _ in 0..2 {
        let (statuses, tx) = (statuses.clone(), tx.clone());
        go(move || {
            let mut held = statuses.write();
            *held += 1;
            if mended {
                drop(held);
                _ = tx.send(true);
            } else {
                _ = tx.send(true);
            }
        })
        .detach();
    }
}

/// grpc 1460: who sleeps until there is a stream keeps the lock that a new stream needs.
pub(crate) fn keep_alive(mended: bool) {
    let streams = Arc::new(Mutex::new(0));
    let (awake, sleeps) = channel(1);
    let client = streams.clone();
    go(move || {
        let held = client.lock();
        if *held < 1 {
            if mended {
                drop(held);
            }
            _ = sleeps.recv();
        }
    })
    .detach();
    go(move || {
        let mut held = streams.lock();
        *held += 1;
        _ = awake.try_send(());
    })
    .detach();
}

/// etcd 6873: whoever stops the broadcast waits under the lock for one who needs it.
pub(crate) fn broadcast_of_watchers(mended: bool) {
    let watchers = Arc::new(Mutex::new(0));
    let (updates, from_updates) = channel(1);
    let (done, is_done) = channel::<()>(0);
    let coalesces = watchers.clone();
    go(move || {
        let _done = done;
        for update in &from_updates {
            *coalesces.lock() += update;
        }
    })
    .detach();
    updates.send(1).unwrap();
    go(move || {
        let held = watchers.lock();
        drop(updates);
        if mended {
            drop(held);
        }
        _ = is_done.recv();
    })
    .join()
    .unwrap();
}

/// etcd 7492: tokens are added under the lock that their keeper takes to delete them.
pub(crate) fn keeper_of_tokens(mended: bool) {
    let tokens = Arc::new(RwLock::new(0));
    let (adds, from_adds) = channel(1);
    let (stop, from_stop) = channel::<Chan<()>>(0);
    let keeper = tokens.clone();
    go(move || {
        let ticker = time::Ticker::new(Duration::from_nanos(1));
        let mut any = false;
        loop {
            select! {
                recv(from_adds) -> added => any |= added.is_ok(),
                recv(ticker.chan()) -> _ => if any {
                    *keeper.write() = 0;
                    any = false;
                },
                recv(from_stop) -> answer => {
                    if let Ok(answer) = answer {
                        answer.send(());
                    }
                    return;
                },
            }
        }
    })
    .detach();
    let crowd: Vec<_> = (0..3)
        .map(|_| {
            let (tokens, adds) = (tokens.clone(), adds.clone());
            go(move || {
                let mut held = tokens.write();
                *held += 1;
                if mended {
                    drop(held);
                }
                adds.send(()).unwrap();
            })
        })
        .collect();
    for one in crowd {
        one.join().unwrap();
    }
    let answer = Chan::new(0);
    stop.send(answer.clone()).unwrap();
    answer.recv();
}

/// moby 28462: a monitor looks whether it is to stop, and probes under a lock; it is told to under the same lock.
pub(crate) fn probe_and_monitor(mended: bool) {
    let container = Arc::new(Mutex::new(0));
    let (stop, stops) = channel(0);
    let probes = container.clone();
    go(move || {
        loop {
            select! {
                recv(stops) -> _ => return,
                default => *probes.lock() += 1,
            }
        }
    })
    .detach();
    go(move || {
        let held = container.lock();
        if mended {
            drop(held);
        }
        stop.send(()).unwrap();
    })
    .detach();
}

/// serving 2137: two requests are let go in one order, and have got the only place in the other.
pub(crate) fn breaker(mended: bool) {
    let (pending, active) = (Chan::new(2), Chan::new(1));
    let requests: Vec<_> = (0..2)
        .map(|_| {
            let (pending, active) = (pending.clone(), active.clone());
            let (accepted, is_accepted) = channel(1);
            let (release, held) = channel::<()>(0);
            let (started, is_started) = channel::<()>(0);
            go(move || {
                if !mended {
                    started.send(()).unwrap();
                }
                pending.send(());
                active.send(());
                if mended {
                    started.send(()).unwrap();
                }
                _ = held.recv();
                active.recv();
                pending.recv();
                accepted.send(true).unwrap();
            })
            .detach();
            is_started.recv().unwrap();
            // One after the other: the next begins when this one has its place.
            ((!mended).then_some(release), is_accepted)
        })
        .collect();
    for (release, accepted) in requests {
        drop(release);
        assert!(accepted.recv().unwrap());
    }
}

/// grpc 1353: addresses are sent under the lock which whoever receives them takes.
pub(crate) fn balancer(mended: bool) {
    let balancer = Arc::new(Mutex::new(()));
    let (addresses, from_balancer) = channel(0);
    let sends = balancer.clone();
    go(move || {
        for n in 0..3 {
            let held = sends.lock();
            if mended {
                drop(held);
                addresses.send(n).unwrap();
            } else {
                addresses.send(n).unwrap();
            }
        }
    })
    .detach();
    go(move || {
        for _ in &from_balancer {
            for _connection in 0..2 {
                drop(balancer.lock()); // torn down
            }
        }
    })
    .detach();
}

/// kubernetes 26980: when there is something to do it waits to be stopped instead, with the lock.
pub(crate) fn pending_notifications(mended: bool) {
    let listener = Arc::new((Mutex::new(vec![1]), Condvar::new()));
    let stop = Chan::<()>::new(0);
    let (theirs, stops) = (listener.clone(), stop.clone());
    let pops = go(move || {
        let (pending, changed) = &*theirs;
        let mut pending = pending.lock();
        while pending.is_empty() {
            changed.wait(&mut pending);
        }
        pending.pop();
        if mended {
            drop(pending);
        }
        stops.recv();
    });
    let (result, has_result) = channel(0);
    go(move || {
        listener.0.lock().push(2);
        result.send(()).unwrap();
    })
    .detach();
    has_result.recv().unwrap();
    stop.close();
    pops.join().unwrap();
}

/// istio 16224: the handler of an event says that it is done under a lock which is asked for first.
pub(crate) fn event_handler(mended: bool) {
    let lock = Arc::new(Mutex::new(()));
    let (event, from_events) = channel(0);
    let (done, is_done) = channel(0);
    let handles = lock.clone();
    let monitor = go(move || {
        for () in &from_events {
            let held = handles.lock();
            if mended {
                drop(held);
                done.send(()).unwrap();
            } else {
                done.send(()).unwrap();
            }
        }
    });
    event.send(()).unwrap();
    drop(lock.lock());
    is_done.recv().unwrap();
    drop(event);
    monitor.join().unwrap();
}
