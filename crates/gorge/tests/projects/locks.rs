//! Locks only.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use gorge::sync::atomic::{AtomicBool, Ordering::SeqCst};
use gorge::sync::{Mutex, RwLock, WaitGroup};
use gorge::{Chan, channel, go, time};

/// hugo 3251: the lock of one address is taken under the lock of the table, and to let go of it takes
/// the lock of the table.
pub(crate) fn a_lock_for_each_address(mended: bool) {
    #[derive(Default)]
    struct Addresses(RwLock<HashMap<&'static str, Arc<Mutex<()>>>>);
    let addresses = Arc::new(Addresses::default());
    let crowd: Vec<_> = (0..3)
        .map(|_| {
            let addresses = addresses.clone();
            go(move || {
                let mut table = addresses.0.write();
                let one = table.entry("here").or_default().clone();
                if mended {
                    drop(table);
                    drop(one.lock());
                    return;
                }
                let held = one.lock();
                drop(table);
                // The unlock looks for it in the table.
                let table = addresses.0.read();
                drop(held);
                drop(table);
            })
        })
        .collect();
    for one in crowd {
        one.join().unwrap();
    }
}

/// cockroach 584: a loop is left by `break`, with the lock.
pub(crate) fn left_without_unlock(mended: bool) {
    let closed = Arc::new(Mutex::new(true));
    let gossip = closed.clone();
    go(move || {
        for _ in ["bootstrap", "manage"] {
            loop {
                let closed = gossip.lock();
                if *closed {
                    if !mended {
                        std::mem::forget(closed);
                    }
                    break;
                }
            }
        }
    })
    .join()
    .unwrap();
}

/// cockroach 9935: the file of the log cannot be made, and to say so takes the lock of the log.
pub(crate) fn the_end_of_the_log(mended: bool) {
    let log = Arc::new(Mutex::new(Vec::new()));
    // Only one of two fails.
    let (full, is_full) = channel(1);
    let writers: Vec<_> = (0..2)
        .map(|n| {
            let (log, full, is_full) = (log.clone(), full.clone(), is_full.clone());
            go(move || {
                let mut lines = log.lock();
                lines.push(n);
                let fails = full.try_send(()).is_err();
                if fails {
                    if mended {
                        drop(lines);
                    }
                    log.lock().clear();
                } else {
                    drop(lines);
                    _ = is_full.recv();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.join().unwrap();
    }
}

/// etcd 10492: a lease is renewed under its lock, and calls back what locks it.
pub(crate) fn checkpoint_of_a_lease(mended: bool) {
    #[derive(Default)]
    struct Lessor {
        state: RwLock<u32>,
        checkpoints: AtomicBool,
    }
    impl Lessor {
        fn checkpoint(&self) {
            *self.state.write() += 1;
        }
        fn renew(&self, mended: bool) {
            let state = self.state.write();
            let calls_back = self.checkpoints.load(SeqCst);
            if mended {
                drop(state);
                if calls_back {
                    self.checkpoint();
                }
                return;
            }
            if calls_back {
                self.checkpoint();
            }
            drop(state);
        }
    }
    let lessor = Arc::new(Lessor::default());
    let theirs = lessor.clone();
    let leads = go(move || theirs.checkpoints.store(true, SeqCst));
    lessor.renew(mended);
    leads.join().unwrap();
    lessor.renew(mended);
}

/// grpc 3017: a timer that has struck too late to be stopped returns with the lock.
pub(crate) fn deleted_too_late(mended: bool) {
    let cache = Arc::new(Mutex::new(()));
    for _ in 0..3 {
        let aborted = Arc::new(AtomicBool::new(false));
        let (theirs, is_aborted) = (cache.clone(), aborted.clone());
        let removed = cache.lock();
        let timer = time::after_func(Duration::from_nanos(1), move || {
            let held = theirs.lock();
            if is_aborted.load(SeqCst) && !mended {
                std::mem::forget(held);
            }
        });
        drop(removed);
        let again = cache.lock();
        if !timer.stop() {
            aborted.store(true, SeqCst);
        }
        drop(again);
    }
    drop(cache.lock());
}

/// cockroach 1055: to stop is to wait for all tasks under the lock which a task needs to start.
pub(crate) fn stopped_while_tasks_start(mended: bool) {
    struct Stopper {
        draining: AtomicBool,
        lock: Mutex<()>,
        tasks: WaitGroup,
        workers: WaitGroup,
        stop: Chan<()>,
    }
    let stopper = Arc::new(Stopper {
        draining: AtomicBool::new(false),
        lock: Mutex::new(()),
        tasks: WaitGroup::new(),
        workers: WaitGroup::new(),
        stop: Chan::new(0),
    });
    stopper.workers.add(1);
    let worker = stopper.clone();
    go(move || {
        if !worker.draining.load(SeqCst) {
            let held = worker.lock.lock();
            // Once more: it may have begun meanwhile.
            if !mended || !worker.draining.load(SeqCst) {
                worker.tasks.add(1);
                drop(held);
                if mended {
                    worker.tasks.done();
                }
            }
        }
        worker.stop.recv();
        worker.workers.done();
    })
    .detach();
    let held = stopper.lock.lock();
    stopper.draining.store(true, SeqCst);
    if mended {
        drop(held);
        stopper.tasks.wait();
    } else {
        stopper.tasks.wait();
        drop(held);
    }
    stopper.stop.close();
    stopper.workers.wait();
}
