//! Work that begins while it is being stopped.

use std::sync::Arc;
use std::time::Duration;

use gorge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use gorge::sync::{Mutex, Once, RwLock, WaitGroup};
use gorge::{Chan, go, select, time};

/// cockroach 4407: workers are counted by whoever comes, also by one who comes when all are waited for.
pub(crate) fn worker_beside_the_stop(mended: bool) {
    struct Stopper {
        stopper: Chan<()>,
        workers: WaitGroup,
        draining: Mutex<bool>,
    }
    impl Stopper {
        fn run_worker(&self, f: impl FnOnce() + Send + 'static) {
            self.workers.add(1);
            let theirs = self.workers.clone();
            go(move || {
                f();
                theirs.done();
            })
            .detach();
        }
        /// Only what is begun before it drains is begun.
        fn run_task(&self, f: impl FnOnce()) {
            let draining = self.draining.lock();
            if !*draining {
                f();
            }
        }
        fn stop(&self, mended: bool) {
            if mended {
                *self.draining.lock() = true;
            }
            self.stopper.close();
            self.workers.wait();
            drop(self.draining.lock());
        }
    }
    let (stopper, workers) = (Chan::new(0), WaitGroup::new());
    let stopper = Arc::new(Stopper { stopper, workers, draining: Mutex::new(false) });
    let server = Arc::new(Mutex::new(()));
    for _ in 0..2 {
        let (server, stopper) = (server.clone(), stopper.clone());
        go(move || {
            let _held = server.lock();
            let sender = server.clone();
            let start = || stopper.run_worker(move || drop(sender.lock()));
            if mended {
                stopper.run_task(start);
            } else {
                start();
            }
        })
        .detach();
    }
    time::sleep(Duration::from_millis(1));
    stopper.stop(mended);
}

type Work = Box<dyn FnOnce() + Send>;

/// How the pool of serving 3068 is stopped.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Pool {
    /// By closing the channel of those who bring work.
    Closed,
    /// Who brings work looks first whether it is stopped, and may be told so just afterwards.
    Asked,
    /// Looking and counting are one step.
    Locked,
}

/// serving 3068: a pool is closed while somebody still brings work.
pub(crate) fn work_for_a_closed_pool(mended: bool) {
    stopped_pool(if mended { Pool::Locked } else { Pool::Closed });
}

/// serving 3120: the same pool, mended by 3068, and then because of the data race: the window is smaller, and still there.
pub(crate) fn work_for_a_pool_just_closed(mended: bool) {
    stopped_pool(if mended { Pool::Locked } else { Pool::Asked });
}

fn stopped_pool(how: Pool) {
    struct Workers {
        group: WaitGroup,
        work: Chan<Work>,
        once: Once,
        done: Chan<()>,
        stopped: Mutex<bool>,
    }
    impl Workers {
        fn go(&self, how: Pool, work: Work) {
            let stopped = self.stopped.lock();
            match how {
                Pool::Closed => self.group.add(1),
                Pool::Asked => {
                    select! {
                        recv(self.done) -> _ => return,
                        default => (),
                    }
                    self.group.add(1);
                }
                Pool::Locked if *stopped => return,
                Pool::Locked => self.group.add(1),
            }
            drop(stopped);
            self.work.send(work);
        }

        fn wait(self: &Arc<Self>, how: Pool) {
            self.once.call_once(|| {
                if how == Pool::Closed {
                    self.work.close();
                    let theirs = self.clone();
                    go(move || theirs.group.wait()).detach();
                    return;
                }
                *self.stopped.lock() = true;
                self.done.close();
                self.group.wait();
                self.work.close();
            });
        }
    }
    let (n, executed) = (2, Arc::new(AtomicU32::new(0)));
    let pool = Arc::new(Workers {
        group: WaitGroup::new(),
        work: Chan::new(n),
        once: Once::new(),
        done: Chan::new(0),
        stopped: Mutex::new(false),
    });
    let worker = pool.clone();
    go(move || {
        for work in worker.work.iter() {
            work();
            worker.group.done();
        }
    })
    .detach();
    let group = WaitGroup::new();
    group.add(n as i32);
    let (brings, done, executes) = (pool.clone(), group.clone(), executed.clone());
    go(move || {
        for _ in 0..n {
            let executed = executes.clone();
            brings.go(how, Box::new(move || _ = executed.fetch_add(1, SeqCst)));
            time::sleep(Duration::from_millis(10));
            done.done();
        }
    })
    .detach();
    pool.wait(how);
    group.wait();
    assert!(executed.load(SeqCst) as usize <= n);
}

/// serving 5865: the watcher closes the channel on which others send to it.
pub(crate) fn destinations_for_who_has_ended(mended: bool) {
    struct Watcher {
        destinations: Chan<()>,
        done: Chan<()>,
    }
    let watchers = RwLock::new(());
    let watcher = {
        let _held = watchers.write();
        let watcher = Arc::new(Watcher { destinations: Chan::new(0), done: Chan::new(0) });
        let theirs = watcher.clone();
        go(move || if mended { &theirs.done } else { &theirs.destinations }.close()).detach();
        watcher
    };
    if mended {
        select! {
            send(watcher.destinations, ()) => (),
            recv(watcher.done) -> _ => (),
        }
    } else {
        watcher.destinations.send(());
    }
}

/// serving 6171: what a test has started writes to the log of the test, which may be over.
pub(crate) fn logged_after_the_test(mended: bool) {
    /// What Go's `testing.T` does about logs.
    #[derive(Default)]
    struct Test {
        over: RwLock<bool>,
    }
    impl Test {
        fn log(&self) {
            assert!(!*self.over.read(), "log after the test");
        }
    }
    fn run(test: impl FnOnce(&Arc<Test>) + Send + 'static) {
        let (it, signal) = (Arc::new(Test::default()), Chan::new(1));
        let tells = signal.clone();
        go(move || {
            test(&it);
            *it.over.write() = true;
            tells.send(());
        })
        .detach();
        signal.recv();
    }
    let group = WaitGroup::new();
    group.add(1);
    let done = group.clone();
    go(move || {
        run(move |test| {
            let (test, ended) = (test.clone(), WaitGroup::new());
            ended.add(1);
            let ends = ended.clone();
            go(move || {
                go(move || {
                    test.log();
                    ends.done();
                })
                .detach();
            })
            .detach();
            if mended {
                ended.wait();
            }
        });
        done.done();
    })
    .detach();
    group.wait();
}
