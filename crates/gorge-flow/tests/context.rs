//! Contexts: who is told of whose end, when, and what is left behind.

mod alone;

use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use alone::{HOUR, Live, MS, SECOND, alone, settle};
use gorge::context::{
    self, Context, ContextError, Key, RecvContextError, RecvCtx, SendContextError, SendCtx,
    background,
};
use gorge::{TryRecvError, channel, go, runtime, select, time};

const CANCELED: Option<ContextError> = Some(ContextError::Canceled);
const EXPIRED: Option<ContextError> = Some(ContextError::DeadlineExceeded);

#[test]
fn the_words_are_those_of_go() {
    assert_eq!(ContextError::Canceled.to_string(), "context canceled");
    assert_eq!(ContextError::DeadlineExceeded.to_string(), "context deadline exceeded");
    assert!(ContextError::DeadlineExceeded.is_timeout());
    assert!(!ContextError::Canceled.is_timeout());
}

#[test]
fn the_first_contexts_never_end() {
    alone(|| {
        for ctx in [background(), context::todo(), context::without_cancel(&background())] {
            assert_eq!(ctx.err(), None);
            assert!(ctx.cause().is_none());
            assert_eq!(ctx.deadline(), None);
            assert!(ctx.done().is_nil());
            assert_eq!(ctx.sleep(HOUR), Ok(()));
        }
        assert!(!format!("{:?}", context::todo()).contains("background"));
    });
}

#[test]
fn cancelling_reaches_all_below_and_nobody_else() {
    alone(|| {
        let (root, cancel_root) = context::with_cancel(&background());
        let (left, cancel_left) = context::with_cancel(&root);
        let (right, _cancel) = context::with_cancel(&root);
        let (leaf, _cancel) = context::with_timeout(&context::with_value::<Name>(&left, "x"), HOUR);
        let dones = [&root, &left, &right, &leaf].map(Context::done);

        assert!(cancel_left.cancel());
        assert!(!cancel_left.cancel(), "only once");
        assert_eq!(
            [&root, &left, &right, &leaf].map(Context::err),
            [None, CANCELED, None, CANCELED]
        );
        assert_eq!(root.num_children(), 1, "the left one is not told any more");
        assert_eq!(dones.each_ref().map(|done| done.is_closed()), [false, true, false, true]);

        assert!(cancel_root.cancel());
        assert_eq!(right.err(), CANCELED);
        assert!(dones.iter().all(|done| done.is_closed()));
        assert_eq!(runtime::num_timers(), 0, "the leaf's timer went with it");
    });
}

#[test]
fn a_child_of_an_ended_context_has_ended() {
    alone(|| {
        let (parent, cancel) = context::with_cancel_cause(&background());
        cancel.cancel("because");
        let (child, _cancel) = context::with_timeout(&parent, HOUR);
        assert_eq!(child.err(), CANCELED);
        assert_eq!(child.cause().unwrap().to_string(), "because");
        assert!(child.done().is_closed());
        let (tx, rx) = channel(1);
        let _call = context::after_func(&child, move || tx.send(()).unwrap());
        assert_eq!(rx.recv(), Ok(()), "at once");
    });
}

#[test]
fn deadlines() {
    alone(|| {
        let start = time::now();
        let (ctx, cancel) = context::with_deadline(&background(), start + 5 * SECOND);
        assert_eq!(ctx.deadline(), Some(start + 5 * SECOND));
        // A later one below changes nothing, and needs no timer.
        let (later, _cancel) = context::with_timeout(&ctx, HOUR);
        assert_eq!(later.deadline(), ctx.deadline());
        let (sooner, _cancel) = context::with_timeout(&ctx, 2 * SECOND);
        assert_eq!(runtime::num_timers(), 2);

        assert!(sooner.done().recv().is_err());
        assert_eq!(start.elapsed(), 2 * SECOND);
        assert_eq!([&ctx, &later, &sooner].map(Context::err), [None, None, EXPIRED]);
        assert!(later.done().recv().is_err());
        assert_eq!(start.elapsed(), 5 * SECOND);
        assert_eq!([&ctx, &later, &sooner].map(Context::err), [EXPIRED; 3]);
        assert!(!cancel.cancel(), "too late");
        assert_eq!(ctx.err(), EXPIRED);
    });
}

#[test]
fn a_deadline_that_has_passed_ends_at_once() {
    alone(|| {
        time::sleep(SECOND);
        let now = time::now();
        for deadline in [now, now - SECOND] {
            let (ctx, cancel) = context::with_deadline_cause(&background(), deadline, "too late");
            assert_eq!(ctx.err(), EXPIRED);
            assert_eq!(ctx.cause().unwrap().to_string(), "too late");
            assert!(ctx.done().is_closed());
            assert!(!cancel.cancel());
        }
        assert_eq!(runtime::num_timers(), 0);
        let (never, _cancel) = context::with_timeout(&background(), Duration::MAX);
        assert_eq!(never.err(), None);
    });
}

#[test]
fn causes() {
    alone(|| {
        let (ctx, cancel) = context::with_cancel_cause(&background());
        let (child, child_cancel) = context::with_cancel_cause(&ctx);
        let (expiring, _cancel) = context::with_timeout_cause(&ctx, SECOND, "slow");
        let (sibling, _cancel) = context::with_timeout_cause(&ctx, HOUR, "slower");
        assert!(child_cancel.cancel("child"));
        assert!(!child_cancel.cancel("again"));
        time::sleep(SECOND);
        settle();
        assert!(cancel.cancel(std::io::Error::other("disk")));
        let causes = [&ctx, &child, &expiring, &sibling].map(|c| c.cause().unwrap().to_string());
        assert_eq!(causes, ["disk", "child", "slow", "disk"]);
        assert_eq!(sibling.err(), CANCELED, "the error says how, the cause says why");
        let cause = ctx.cause().unwrap();
        let error: &(dyn Error + 'static) = &*cause;
        assert!(error.is::<std::io::Error>(), "causes keep their type");

        let (plain, cancel) = context::with_cancel_cause(&background());
        cancel.cancel_for(None);
        assert_eq!(plain.cause().unwrap().to_string(), "context canceled");
    });
}

struct Name;
impl Key for Name {
    type Value = &'static str;
}
struct Number;
impl Key for Number {
    type Value = u32;
}

#[test]
fn values() {
    let (ctx, cancel) = context::with_cancel(&background());
    assert_eq!(ctx.value::<Name>(), None);
    let one = context::with_value::<Name>(&ctx, "one");
    let (two, _cancel) = context::with_cancel(&context::with_value::<Number>(&one, 2));
    let three = context::with_value::<Name>(&two, "three");
    assert_eq!((one.value::<Name>(), one.value::<Number>()), (Some(&"one"), None));
    assert_eq!((two.value::<Name>(), two.value::<Number>()), (Some(&"one"), Some(&2)));
    assert_eq!((three.value::<Name>(), three.value::<Number>()), (Some(&"three"), Some(&2)));

    let free = context::without_cancel(&three);
    cancel.cancel();
    assert_eq!((three.err(), free.err()), (CANCELED, None));
    assert_eq!(free.value::<Name>(), Some(&"three"));
    assert!(free.done().is_nil());
}

#[test]
fn after_func_runs_once_or_not_at_all() {
    alone(|| {
        let calls = Arc::new(AtomicUsize::new(0));
        let count = || {
            let calls = calls.clone();
            move || _ = calls.fetch_add(1, Ordering::SeqCst)
        };
        let (ctx, cancel) = context::with_cancel(&background());
        let first = context::after_func(&ctx, count());
        let stopped = context::after_func(&ctx, count());
        assert_eq!(ctx.num_children(), 2);
        assert!(stopped.stop());
        assert!(!stopped.stop());
        assert_eq!(ctx.num_children(), 1);
        let other = context::after_func(&ctx, count()); // takes the place of the stopped one
        assert!(!stopped.stop());
        settle();
        assert_eq!(calls.load(Ordering::SeqCst), 0);
        cancel.cancel();
        settle();
        assert_eq!(calls.load(Ordering::SeqCst), 2);
        assert!(!first.stop() && !other.stop());
        assert!(!context::after_func(&background(), count()).stop(), "never done");
    });
}

#[test]
fn what_nobody_holds_is_gone() {
    alone(|| {
        let (root, cancel) = context::with_cancel(&background());
        let (live, alive) = Live::new();
        struct Held;
        impl Key for Held {
            type Value = Live;
        }
        for n in 0..100 {
            let ctx = context::with_value::<Held>(&root, live.clone());
            let (ctx, _cancel) = context::with_timeout(&ctx, HOUR + n * SECOND);
            let (ctx, _cancel) = context::with_cancel(&ctx);
            let live = live.clone();
            let _call = context::after_func(&ctx, move || drop(live));
            let _done = ctx.done();
            assert_eq!(root.num_children(), 1);
            assert_eq!(runtime::num_timers(), 1);
        }
        assert_eq!(root.num_children(), 0);
        assert_eq!(runtime::num_timers(), 0);
        assert_eq!(alive(), 1);
        drop(cancel);
    });
}

#[test]
fn done_keeps_its_context_alive() {
    alone(|| {
        let (root, cancel) = context::with_cancel(&background());
        let start = time::now();
        let done = context::with_timeout(&root, HOUR).0.done();
        settle();
        assert_eq!(done.try_recv(), Err(TryRecvError::Empty), "not closed for being forgotten");
        let other = context::with_cancel(&root).0.done();
        assert!(done.recv().is_err());
        assert_eq!(start.elapsed(), HOUR);
        assert!(!other.is_closed());
        cancel.cancel();
        assert!(other.is_closed());
    });
}

#[test]
fn a_long_chain_needs_no_stack() {
    alone(|| {
        let (root, cancel) = context::with_cancel(&background());
        let mut chain = root.clone();
        for n in 0..100_000 {
            let (next, _cancel) = context::with_cancel(&context::with_value::<Number>(&chain, n));
            chain = next;
        }
        assert_eq!(chain.err(), None);
        cancel.cancel();
        assert_eq!(chain.err(), CANCELED);
        drop(chain);
        let mut chain = root.clone();
        for _ in 0..100_000 {
            chain = context::with_cancel(&chain).0;
        }
        drop(chain);
        let (mut chain, _cancel) = context::with_cancel(&background());
        for _ in 0..100_000 {
            chain = context::with_cancel(&chain).0;
        }
        drop(chain); // not cancelled
    });
}

#[test]
fn a_wide_tree_ends_at_once() {
    alone(|| {
        let (root, cancel) = context::with_cancel(&background());
        let children: Vec<_> = (0..1000).map(|_| context::with_cancel(&root).0).collect();
        let (tx, rx) = channel(1000);
        for child in &children {
            let (done, tx) = (child.done(), tx.clone());
            go(move || {
                assert!(done.recv().is_err());
                tx.send(()).unwrap();
            })
            .detach();
        }
        drop(tx);
        settle();
        assert_eq!(rx.len(), 0);
        cancel.cancel();
        assert!(children.iter().all(|child| child.err() == CANCELED));
        assert_eq!(rx.iter().count(), 1000);
        assert_eq!(root.num_children(), 0);
    });
}

#[test]
fn blocking_calls_end_with_the_context() {
    alone(|| {
        let start = time::now();
        let (ctx, _cancel) = context::with_timeout(&background(), SECOND);
        let (tx, rx) = channel::<u32>(0);
        assert_eq!(rx.recv_ctx(&ctx), Err(RecvContextError::Done(ContextError::DeadlineExceeded)));
        assert_eq!(start.elapsed(), SECOND);
        // Ended already: fails although it could succeed.
        let (full_tx, full) = channel(1);
        full_tx.send(1).unwrap();
        assert_eq!(
            full.recv_ctx(&ctx),
            Err(RecvContextError::Done(ContextError::DeadlineExceeded))
        );
        assert_eq!(ctx.sleep(Duration::ZERO), Err(ContextError::DeadlineExceeded));

        let (ctx, cancel) = context::with_cancel(&background());
        time::after_func(2 * SECOND, move || _ = cancel.cancel());
        assert_eq!(tx.send_ctx(&ctx, 7), Err(SendContextError::Done(ContextError::Canceled, 7)));
        assert_eq!(start.elapsed(), 3 * SECOND);
        assert_eq!(ctx.wait_for(Never), Err(ContextError::Canceled));

        let (ctx, _cancel) = context::with_cancel(&background());
        let sender = go(move || tx.send_ctx(&context::background(), 8));
        assert_eq!(rx.recv_ctx(&ctx), Ok(8));
        assert_eq!(sender.join().unwrap(), Ok(()));
        assert_eq!(rx.recv_ctx(&ctx), Err(RecvContextError::Closed));
        let (tx, rx) = channel(0);
        drop(rx);
        assert_eq!(tx.send_ctx(&ctx, 9).unwrap_err().into_inner(), 9);
        assert_eq!(ctx.sleep(MS), Ok(()));
    });
}

/// An arm that never happens.
struct Never;
// SAFETY: nothing is ever enlisted.
unsafe impl gorge::select::Selectable for Never {
    type Output = ();
    fn is_ready(&self) -> bool {
        false
    }
    fn try_now(&mut self) -> Option<()> {
        None
    }
    unsafe fn enlist(&mut self, _: std::ptr::NonNull<gorge_sync::wait::Waiter>) -> bool {
        true
    }
    unsafe fn withdraw(&mut self, _: std::ptr::NonNull<gorge_sync::wait::Waiter>) {}
    unsafe fn complete(&mut self, _: std::ptr::NonNull<gorge_sync::wait::Waiter>) {}
}

#[test]
fn waiting_for_anything_with_a_context() {
    alone(|| {
        let (ctx, _cancel) = context::with_timeout(&background(), SECOND);
        let start = time::now();
        assert_eq!(ctx.wait_for(Never), Err(ContextError::DeadlineExceeded));
        assert_eq!(start.elapsed(), SECOND);
    });
}

#[test]
fn every_wait_ends_with_the_context() {
    use gorge::context::CondCtx;
    use gorge::patterns::{Monitor, WorkPool};
    use gorge::sync::{
        Barrier, Condvar, Event, EventCount, Latch, Mutex, RwLock, Semaphore, WaitGroup,
    };
    use gorge::{JoinChan, go_chan};

    alone(|| {
        let ended = Err(ContextError::DeadlineExceeded);
        let start = time::now();
        let mut seconds = 0;
        let mut ends = |wait: &dyn Fn(&context::Context) -> Result<(), ContextError>| {
            let (ctx, _cancel) = context::with_timeout(&background(), SECOND);
            assert_eq!(wait(&ctx), ended);
            seconds += 1;
            assert_eq!(start.elapsed(), seconds * SECOND);
            assert_eq!(wait(&ctx), ended, "it has ended already");
        };
        let (mutex, lock, semaphore) = (Mutex::new(()), RwLock::new(()), Semaphore::new(1));
        let held = (mutex.lock(), lock.write(), semaphore.acquire(1));
        ends(&|ctx| ctx.wait_for(mutex.locking()).map(drop));
        ends(&|ctx| ctx.wait_for(lock.reading()).map(drop));
        ends(&|ctx| ctx.wait_for(lock.writing()).map(drop));
        ends(&|ctx| ctx.wait_for(semaphore.acquiring(1)).map(drop));
        drop(held);
        let condvar = Condvar::new();
        ends(&|ctx| condvar.wait_ctx(&mut mutex.lock(), ctx));
        let (event, latch, group) = (Event::manual(), Latch::new(1), WaitGroup::new());
        group.add(1);
        ends(&|ctx| ctx.wait_for(event.waiting()));
        ends(&|ctx| ctx.wait_for(latch.waiting()));
        ends(&|ctx| ctx.wait_for(group.waiting()));
        let barrier = Barrier::new(2);
        let arrival = barrier.arrive();
        ends(&|ctx| ctx.wait_for(arrival.waiting()));
        // Nobody who has gone is still counted.
        group.done();
        group.wait();
        let sleeper = go(|| time::sleep(HOUR)).join_chan();
        ends(&|ctx| match sleeper.recv_ctx(ctx) {
            Err(RecvContextError::Done(error)) => Err(error),
            other => panic!("{other:?}"),
        });
        assert!(sleeper.recv().unwrap().is_ok());
        let seconds_ago = time::now();
        let events = EventCount::new();
        let stuck = Monitor::new((), |(), ()| time::sleep(HOUR));
        let pool = WorkPool::new(1).unwrap();
        let ticket = pool.submit(|| time::sleep(HOUR));
        let in_a_second = |wait: &dyn Fn(&context::Context) -> Option<ContextError>| {
            let (ctx, _cancel) = context::with_timeout(&background(), SECOND);
            assert_eq!(wait(&ctx), Some(ContextError::DeadlineExceeded));
        };
        in_a_second(&|ctx| ctx.wait_for(events.advanced(events.seen())).err());
        in_a_second(&|ctx| stuck.ask_ctx(ctx, ()).err()); // the owner has it
        in_a_second(&|ctx| stuck.ask_ctx(ctx, ()).err()); // it has not
        in_a_second(&|ctx| ticket.wait_ctx(ctx).err());
        in_a_second(&|ctx| pool.submit_ctx(ctx, || ()).err());
        let answer = go_chan(|| time::sleep(HOUR));
        in_a_second(&|ctx| match answer.recv_ctx(ctx) {
            Err(RecvContextError::Done(error)) => Some(error),
            other => panic!("{other:?}"),
        });
        assert_eq!(seconds_ago.elapsed(), 6 * SECOND);
        assert!(answer.recv().unwrap().is_ok() && ticket.wait().is_ok());
    });
}

#[test]
fn cancelling_races_with_everything() {
    // Children are made, listened to, cancelled and dropped while the parent is cancelled.
    alone(|| {
        let rounds = if std::env::var_os("GORGE_STRESS").is_some() { 20_000 } else { 50 };
        for _ in 0..rounds {
            let (root, cancel) = context::with_cancel(&background());
            let started = Arc::new(AtomicUsize::new(0));
            let calls = Arc::new(Mutex::new(0));
            let workers: Vec<_> = (0..4)
                .map(|n| {
                    let (root, started, calls) = (root.clone(), started.clone(), calls.clone());
                    go(move || {
                        started.fetch_add(1, Ordering::SeqCst);
                        loop {
                            let (ctx, cancel) = context::with_timeout(&root, HOUR);
                            let done = ctx.done();
                            let calls = calls.clone();
                            *calls.lock().unwrap() += 1;
                            let undo = calls.clone();
                            let call =
                                context::after_func(&ctx, move || *undo.lock().unwrap() -= 1);
                            if n % 2 == 0 {
                                cancel.cancel();
                                assert!(done.recv().is_err());
                            } else if call.stop() {
                                *calls.lock().unwrap() -= 1;
                            } else {
                                assert_eq!(ctx.err(), CANCELED);
                            }
                            select! {
                                recv(root.done()) => return,
                                default => runtime::gosched(),
                            }
                        }
                    })
                })
                .collect();
            while started.load(Ordering::SeqCst) < 4 {
                runtime::gosched();
            }
            cancel.cancel();
            for worker in workers {
                worker.join().unwrap();
            }
            settle();
            assert_eq!(*calls.lock().unwrap(), 0, "each was called or stopped, once");
            assert_eq!(root.num_children(), 0);
        }
    });
}
