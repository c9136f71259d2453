//! Messages nobody receives, and waits for what nobody sends.

use std::sync::Arc;
use std::time::Duration;

use gorge::context::{self, CancelFunc, Context};
use gorge::sync::Mutex;
use gorge::time::{self, Timer};
use gorge::{Chan, go, select};

use crate::either;

/// kubernetes 25331: who stops the watch receives nothing more, and the error of the watch is sent to it.
pub(crate) fn watch_that_fails(mended: bool) {
    let (ctx, cancel) = context::with_cancel(&context::background());
    let (results, errors) = (Chan::new(0), Chan::new(0));
    let (from_errors, cancels) = (errors.clone(), cancel.clone());
    go(move || {
        select! {
            recv(from_errors) -> error => {
                let failed = error.is_ok_and(|error: &str| !error.is_empty());
                if mended {
                    select! {
                        send(results, failed) => (),
                        recv(ctx.done()) => (),
                    }
                    cancels.cancel();
                } else {
                    cancels.cancel();
                    results.send(failed);
                }
            },
            recv(ctx.done()) => (),
        }
    })
    .detach();
    go(move || {
        errors.send("lost");
        cancel.cancel();
    })
    .detach();
}

/// kubernetes 38669: a watcher is stopped before it has handed over the events it begins with.
pub(crate) fn events_to_begin_with(mended: bool) {
    struct Watcher {
        input: Chan<u32>,
        result: Chan<u32>,
        done: Chan<()>,
        stopped: Mutex<bool>,
    }
    impl Watcher {
        fn process(&self, first: &[u32], mended: bool) {
            for &event in first {
                if mended {
                    self.hand_over(event);
                } else {
                    self.result.send(event);
                }
            }
            while self.input.receive().is_some() {}
            self.stop();
            self.result.close();
        }
        fn hand_over(&self, event: u32) {
            // First alone, so that no event comes after one that was left out.
            select! {
                recv(self.done) -> _ => return,
                default => {},
            }
            select! {
                send(self.result, event) => (),
                recv(self.done) -> _ => (),
            }
        }
        fn stop(&self) {
            let mut stopped = self.stopped.lock();
            if !*stopped {
                *stopped = true;
                self.done.close();
                self.input.close();
            }
        }
    }
    let watcher = Arc::new(Watcher {
        input: Chan::new(0),
        result: Chan::new(0),
        done: Chan::new(0),
        stopped: Mutex::new(false),
    });
    let theirs = watcher.clone();
    go(move || theirs.process(&[1, 2], mended)).detach();
    watcher.stop();
}

/// kubernetes 70277: what was waited for has come, and the poller, which shall hear so, is told nothing.
pub(crate) fn poller_not_told(mended: bool) {
    fn poll(interval: Duration, limit: Duration, done: Chan<()>) -> Chan<()> {
        let ticks = Chan::new(0);
        let polled = ticks.clone();
        go(move || {
            let tick = time::Ticker::new(interval);
            let timer = Timer::new(limit);
            loop {
                select! {
                    recv(tick.chan()) -> _ => select! {
                        send(ticks, ()) => (),
                        default => {},
                    },
                    recv(timer.chan()) -> _ => break,
                    recv(done) -> _ => break,
                }
            }
            ticks.close();
        })
        .detach();
        polled
    }
    fn wait_for(
        wait: impl FnOnce(&Chan<()>) -> Chan<()>,
        condition: impl Fn() -> bool,
        done: &Chan<()>,
        mended: bool,
    ) {
        let stop = if mended { Chan::new(0) } else { done.clone() };
        let ticks = wait(&stop);
        loop {
            let open = ticks.receive().is_some();
            if condition() || !open {
                break;
            }
        }
        if mended {
            stop.close();
        }
    }
    let stop = Chan::new(0);
    let mut done = Chan::nil();
    let wait = |stop: &Chan<()>| {
        done = stop.clone();
        poll(Duration::from_millis(1), Duration::from_secs(20), stop.clone())
    };
    wait_for(wait, || true, &stop, mended);
    done.recv();
    stop.close();
}

/// moby 21233: a test that misses one report gives up, and with it the one who receives all others.
pub(crate) fn progress_of_transfers(mended: bool) {
    struct Watcher {
        signal: Chan<()>,
        release: Chan<()>,
        running: Chan<()>,
    }
    fn transfer(reports: &Chan<u32>) -> (Arc<Mutex<()>>, Arc<Watcher>) {
        let lock = Arc::new(Mutex::new(()));
        let _held = lock.lock();
        let watcher = Arc::new(Watcher {
            signal: Chan::new(0),
            release: Chan::new(0),
            running: Chan::new(0),
        });
        let (reports, theirs, watched) = (reports.clone(), lock.clone(), watcher.clone());
        go(move || {
            let mut done = false;
            loop {
                drop(theirs.lock());
                if either() {
                    reports.send(1);
                }
                if done {
                    break;
                }
                select! {
                    recv(watched.signal) -> _ => (),
                    recv(watched.release) -> _ => done = true,
                }
            }
            watched.running.close();
        })
        .detach();
        (lock.clone(), watcher)
    }
    go(move || {
        let manager = Mutex::new(());
        let (reports, read) = (Chan::new(0), Chan::<()>::new(0));
        let (from_transfers, ends) = (reports.clone(), read.clone());
        go(move || {
            while from_transfers.receive().is_some() {
                if !mended && either() {
                    return;
                }
            }
            ends.close();
        })
        .detach();
        let transfers = [0; 3].map(|_| {
            let _held = manager.lock();
            transfer(&reports)
        });
        for (lock, watcher) in transfers {
            drop(lock.lock());
            watcher.release.close();
            watcher.running.recv();
        }
        reports.close();
        read.recv();
    })
    .detach();
}

/// moby 33293: an error is sent before the channel was given to the one who shall receive it.
pub(crate) fn error_of_a_wait(mended: bool) {
    fn wait(mended: bool) -> Chan<&'static str> {
        let errors = Chan::new(if mended { 1 } else { 0 });
        if either() {
            errors.send("no such container");
        }
        errors
    }
    go(move || drop(wait(mended))).detach();
}

/// moby 33781: the monitor is stopped while it probes, and nobody hears what came of it.
pub(crate) fn probe_under_way(mended: bool) {
    let span = Duration::from_nanos(50);
    let stop = Chan::new(0);
    let stops = stop.clone();
    go(move || {
        loop {
            select! {
                recv(stops) -> _ => return,
                recv(time::after(span)) -> _ => {
                    let results = Chan::new(if mended { 1 } else { 0 });
                    let (ctx, cancel) = context::with_timeout(&context::background(), span);
                    let probes = results.clone();
                    go(move || {
                        probes.send(true);
                        probes.close();
                    })
                    .detach();
                    select! {
                        recv(stops) -> _ => {
                            cancel.cancel();
                            return;
                        },
                        recv(results) -> _ => _ = cancel.cancel(),
                        recv(ctx.done()) => {
                            cancel.cancel();
                            results.recv();
                        },
                    }
                },
            }
        }
    })
    .detach();
    go(move || {
        time::sleep(span);
        stop.send(true);
    })
    .detach();
}

/// moby 4395: what is started tells how it ended, and who has started it need not ask.
pub(crate) fn end_nobody_asks_for(mended: bool) {
    fn start(f: impl FnOnce() -> Result<(), u32> + Send + 'static, mended: bool) -> Chan<u32> {
        let ends = Chan::new(if mended { 1 } else { 0 });
        let tells = ends.clone();
        go(move || tells.send(f().unwrap_err())).detach();
        ends
    }
    _ = start(|| Err(1), mended);
}

/// istio 18454: a timer has struck and was heard, and whoever sets it anew waits to hear it.
pub(crate) fn timer_set_anew(mended: bool) {
    const SPAN: Duration = Duration::from_nanos(1);
    struct Worker {
        ctx: Context,
        cancel: CancelFunc,
    }
    impl Worker {
        fn new() -> Worker {
            let (ctx, cancel) = context::with_cancel(&context::background());
            Worker { ctx, cancel }
        }
    }
    struct Strategy {
        timer: Mutex<Option<Arc<Timer>>>,
        reset: Chan<()>,
        worker: Worker,
    }
    impl Strategy {
        fn on_change(&self, mended: bool) {
            let mut timer = self.timer.lock();
            if timer.is_some() {
                drop(timer);
                self.reset.send(());
                return;
            }
            let started = Arc::new(Timer::new(SPAN));
            *timer = Some(started.clone());
            let (reset, ctx) = (self.reset.clone(), self.worker.ctx.clone());
            go(move || {
                loop {
                    select! {
                        recv(started.chan()) -> _ => (),
                        recv(reset) -> _ => {
                            if !started.stop() {
                                if mended {
                                    _ = started.chan().try_recv();
                                } else {
                                    _ = started.chan().recv();
                                }
                            }
                            started.reset(SPAN);
                        },
                        recv(ctx.done()) => {
                            started.stop();
                            return;
                        },
                    }
                }
            })
            .detach();
        }
    }
    let strategy = Strategy { timer: Mutex::new(None), reset: Chan::new(1), worker: Worker::new() };
    let (processor, events) = (Worker::new(), Chan::new(2));
    (0..2).for_each(|n| events.send(n));
    let ctx = processor.ctx.clone();
    go(move || {
        loop {
            select! {
                recv(ctx.done()) => break,
                recv(events) -> _ => strategy.on_change(mended),
            }
        }
        strategy.worker.cancel.cancel();
    })
    .detach();
    processor.cancel.cancel();
}
