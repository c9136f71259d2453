//! Channels that are full, and nobody comes to empty them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use gorge::sync::atomic::{AtomicBool, Ordering::SeqCst};
use gorge::sync::{Condvar, Mutex, WaitGroup};
use gorge::{Chan, context, go, select, time};

/// cockroach 1462: a message is sent to a reader whom the stop has reached before, and to stop is to wait for the sender.
pub(crate) fn message_after_the_stop(mended: bool) {
    #[derive(Default)]
    struct Tasks {
        drains: bool,
        running: u32,
    }
    struct Stopper {
        tasks: Mutex<Tasks>,
        drain: Condvar,
        stop: Chan<()>,
        workers: WaitGroup,
    }
    impl Stopper {
        fn run_worker(self: &Arc<Self>, work: impl FnOnce(&Stopper) + Send + 'static) {
            self.workers.add(1);
            let stopper = self.clone();
            go(move || {
                work(&stopper);
                stopper.workers.done();
            })
            .detach();
        }
        fn start_task(&self) -> bool {
            let mut tasks = self.tasks.lock();
            tasks.running += u32::from(!tasks.drains);
            !tasks.drains
        }
        fn finish_task(&self) {
            self.tasks.lock().running -= 1;
            self.drain.broadcast();
        }
        fn stop(&self) {
            let mut tasks = self.tasks.lock();
            tasks.drains = true;
            while tasks.running > 0 {
                self.drain.wait(&mut tasks);
            }
            drop(tasks);
            self.stop.close();
            self.workers.wait();
        }
    }
    let stopper = Arc::new(Stopper {
        tasks: Mutex::default(),
        drain: Condvar::new(),
        stop: Chan::new(0),
        workers: WaitGroup::new(),
    });
    let events = Chan::new(0);
    let sends = events.clone();
    stopper.run_worker(move |stopper| {
        loop {
            select! {
                recv(stopper.stop) -> _ => return,
                default => if !mended {
                    sends.send(());
                } else if stopper.start_task() {
                    sends.send(());
                    stopper.finish_task();
                },
            }
        }
    });
    stopper.run_worker(move |stopper| {
        loop {
            select! {
                recv(events) -> event => if event.is_err() {
                    return;
                },
                recv(stopper.stop) -> _ => return,
            }
        }
    });
    stopper.stop();
}

/// cockroach 2448: a callback is given to the loop that waits for whoever calls back to take the next event.
pub(crate) fn event_and_callback(mended: bool) {
    let (events, callbacks, done) = (Chan::new(0), Chan::new(0), Chan::<()>::new(0));
    let called = WaitGroup::new();
    called.add(2);
    // Two commands commit.
    let committed = Chan::new(2);
    committed.send(());
    committed.send(());
    let (from_events, calls_back, stops) = (events.clone(), callbacks.clone(), done.clone());
    go(move || {
        loop {
            select! {
                recv(from_events) -> _ => select! {
                    send(calls_back, ()) => (),
                    recv(stops) -> _ => return,
                },
                recv(stops) -> _ => return,
            }
        }
    })
    .detach();
    let (calls, stops) = (called.clone(), done.clone());
    go(move || {
        let (mut queued, nobody) = (0, Chan::nil());
        loop {
            let queue = if queued > 0 { &events } else { &nobody };
            select! {
                recv(stops) -> _ => return,
                recv(callbacks) -> _ => calls.done(),
                send(queue, ()) => queued -= 1,
                recv(committed) -> _ => if mended {
                    queued += 1;
                } else {
                    select! {
                        send(events, ()) => (),
                        recv(stops) -> _ => return,
                    }
                },
            }
        }
    })
    .detach();
    called.wait();
    done.close();
}

/// cockroach 18101: to cancel stops whoever reads, and not whoever writes.
pub(crate) fn spans_to_import(mended: bool) {
    const PLACES: usize = 6;
    let (ctx, cancel) = context::with_cancel(&context::background());
    go(move || {
        let ready = Chan::new(PLACES);
        let (splits, done) = (ready.clone(), ctx.clone());
        go(move || {
            for span in 0..PLACES + 2 {
                if mended {
                    select! {
                        send(splits, span) => (),
                        recv(done.done()) => break,
                    }
                } else {
                    splits.send(span);
                }
            }
            splits.close();
        })
        .detach();
        if ready.receive().is_some() {
            select! { recv(ctx.done()) => () }
        }
    })
    .detach();
    go(move || cancel.cancel()).detach();
}

/// cockroach 24808: somebody has made the suggestion already for which the start makes room nowhere.
pub(crate) fn suggested_before_the_start(mended: bool) {
    let (suggestions, stop) = (Chan::new(1), Chan::<()>::new(0));
    suggestions.send(());
    if mended {
        _ = suggestions.try_send(());
    } else {
        suggestions.send(());
    }
    let stops = stop.clone();
    go(move || {
        loop {
            select! {
                recv(stops) -> _ => return,
                recv(suggestions) -> _ => (),
            }
        }
    })
    .detach();
    stop.close();
}

/// cockroach 35073: an outbox that fails while it starts does not tell those who push into it.
pub(crate) fn outbox_that_does_not_start(mended: bool) {
    const ROWS: usize = 16;
    struct Outbox {
        rows: Chan<usize>,
        closed: AtomicBool,
    }
    impl Outbox {
        fn push(&self, row: usize) {
            if !self.closed.load(SeqCst) {
                self.rows.send(row);
            }
        }
        fn fail(&self) {
            self.closed.store(true, SeqCst);
            _ = self.rows.try_recv(); // for who is pushing
        }
    }
    let outbox = Arc::new(Outbox { rows: Chan::new(ROWS), closed: AtomicBool::new(false) });
    for row in 0..ROWS {
        outbox.push(row);
    }
    let (pushed, started) = (WaitGroup::new(), WaitGroup::new());
    pushed.add(1);
    let pushes = outbox.clone();
    go(move || {
        pushes.push(ROWS);
        pushed.done();
    })
    .detach();
    started.add(1);
    let (starts, has_started) = (outbox.clone(), started.clone());
    go(move || {
        if mended {
            starts.fail();
        }
        has_started.done();
    })
    .detach();
    started.wait();
    outbox.push(ROWS + 1);
}

/// cockroach 35931: a flow is cancelled one stream after the other, and its reader waits for the other.
pub(crate) fn streams_cancelled_in_turn(mended: bool) {
    struct Flow {
        streams: Mutex<BTreeMap<u32, Chan<&'static str>>>,
    }
    impl Flow {
        fn cancel(&self, mended: bool) {
            let streams: Vec<_> = self.streams.lock().values().cloned().collect();
            for stream in streams {
                let push = move || stream.send("cancelled");
                if mended {
                    go(push).detach();
                } else {
                    push();
                }
            }
        }
    }
    let (left, right) = (Chan::new(1), Chan::new(1));
    left.send("a row");
    let streams = BTreeMap::from([(0, left.clone()), (1, right.clone())]);
    let flow = Flow { streams: Mutex::new(streams) };
    let merges = go(move || {
        assert_eq!(right.recv(), "cancelled");
        while left.recv() != "cancelled" {}
    });
    flow.cancel(mended);
    merges.join().unwrap();
}

/// istio 17860: the agent goes when none of its proxies runs, and another one, just started, has nobody to tell its end.
pub(crate) fn status_of_a_proxy(mended: bool) {
    #[derive(Default)]
    struct Epochs {
        current: u32,
        active: BTreeSet<u32>,
    }
    struct Agent {
        epochs: Mutex<Epochs>,
        status: Chan<u32>,
    }
    impl Agent {
        fn run(&self, ctx: &context::Context) {
            loop {
                select! {
                    recv(self.status) -> epoch => {
                        let mut epochs = self.epochs.lock();
                        epochs.active.remove(&epoch.unwrap());
                        if epochs.active.is_empty() {
                            return;
                        }
                    },
                    recv(ctx.done()) => return,
                }
            }
        }
        fn restart(self: &Arc<Self>) {
            let mut epochs = self.epochs.lock();
            if !epochs.active.is_empty() {
                never_live();
            }
            epochs.current += 1;
            let current = epochs.current;
            epochs.active.insert(current);
            let agent = self.clone();
            go(move || agent.status.send(current)).detach();
        }
    }
    fn never_live() {
        let again = time::Ticker::new(Duration::from_nanos(30));
        let timer = time::Timer::new(Duration::from_nanos(100));
        loop {
            select! {
                recv(timer.chan()) -> _ => break,
                recv(again.chan()) -> _ => (),
            }
        }
        again.stop();
        timer.stop();
    }
    let (ctx, cancel) = context::with_cancel(&context::background());
    let _cancel = cancel.guard();
    // Room for all ends that nobody may come for.
    let status = Chan::new(if mended { 2 } else { 0 });
    let agent = Arc::new(Agent { epochs: Mutex::default(), status });
    let (runs, restarts) = (agent.clone(), agent.clone());
    go(move || runs.run(&ctx)).detach();
    agent.restart();
    go(move || restarts.restart()).detach();
    time::sleep(Duration::from_nanos(200));
}
