//! Structured by default: every helper that starts goroutines or waits, with its context cancelled at every step of
//! what it does, where a step is an operation by which goroutines meet. When it has returned, and its handle is gone,
//! there is no goroutine, no timer, no value and no child of the context left.
//!
//! Exploration runs each scenario with every schedule that takes at most one preemption: so the one who cancels
//! comes at every step of the otherwise undisturbed run; and then with some schedules by chance. So that they are all
//! tried in a second or two, a scenario is as small as shows every step: one value, one worker. More of both are in
//! `steps.rs`, cancelled after each second of virtual time.

mod alone;

use std::sync::{Mutex, PoisonError};

use alone::{Live, SECOND, settle};
use gorge::context::{self, CondCtx, Context, background};
use gorge::group::{self, Flight, Group, Limit, Limiter};
use gorge::patterns::{
    Broadcast, Gate, Generator, Monitor, Pool, Runner, Watch, WorkPool, as_they_come, bridge,
    fan_out, generate, heartbeat, hedged, in_order, merge, or_channel, or_done, pull, replicated,
    stage, supervise, tee,
};
use gorge::sync::{Condvar, Event, RwLock, Semaphore, WaitGroup};
use gorge::{channel, go, runtime, testing, time};

/// Runs `scenario` with all those schedules.
#[track_caller]
fn cancelled_at_every_step(scenario: impl Fn(&Context, &Live) + Send + Sync + 'static) {
    // One at a time, because all goroutines and timers of the process are counted.
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let stress = std::env::var_os("GORGE_STRESS").is_some();
    let program = move || {
        settle();
        let before = (runtime::num_goroutine(), runtime::num_timers());
        let (live, alive) = Live::new();
        let (ctx, cancel) = context::with_cancel(&background());
        let canceller = go(move || _ = cancel.cancel());
        scenario(&ctx, &live);
        canceller.join().unwrap();
        assert_eq!((alive(), ctx.num_children()), (1, 0), "values and children left behind");
        settle();
        let after = (runtime::num_goroutine(), runtime::num_timers());
        assert_eq!(after, before, "goroutines and timers after and before");
    };
    let program = std::sync::Arc::new(program);
    let (one, other) = (program.clone(), program);
    let exploration = testing::explore().early_timers(0);
    let began = std::time::Instant::now();
    // All of them where goroutines are fibers: they are the same on threads, where each takes ten times as long.
    let all_of_them = stress || runtime::mode() == runtime::Mode::Fiber;
    // The longer time is for a machine that is stuck: each scenario is made so small that there are few schedules.
    let limit = if all_of_them { 600 * SECOND } else { SECOND / 4 };
    let all = exploration.clone().preemptions(1).within(limit).run(move || one());
    println!("{}: {all:?} in {:?}", std::panic::Location::caller(), began.elapsed());
    assert!(all.complete || !all_of_them, "not cancelled at every step: {all:?}");
    let (by_chance, limit) = if stress { (20_000, 60 * SECOND) } else { (100, SECOND / 4) };
    exploration.schedules(by_chance).within(limit).run(move || other());
}

/// Something to do for a second, with something to lose.
fn work(live: &Live) -> impl Fn(&Context) -> Result<Live, context::ContextError> + Clone + 'static {
    let live = live.clone();
    move |ctx| ctx.sleep(SECOND).map(|()| live.clone())
}

#[test]
fn error_group() {
    cancelled_at_every_step(|ctx, live| {
        let (group, ctx) = Group::with_context(ctx);
        group.set_limit(1);
        for _ in 0..2 {
            let (work, ctx) = (work(live), ctx.clone());
            group.go(move || work(&ctx).map(drop));
        }
        let _ = group.wait();
    });
    // Dropped without having been waited for.
    cancelled_at_every_step(|ctx, live| {
        let (group, ctx) = Group::with_context(ctx);
        for _ in 0..2 {
            let (work, ctx) = (work(live), ctx.clone());
            group.go(move || work(&ctx).map(drop));
        }
    });
}

#[test]
fn races() {
    cancelled_at_every_step(|ctx, live| _ = group::race(ctx, [work(live), work(live)]));
    cancelled_at_every_step(|ctx, live| _ = group::first_ok(ctx, [work(live), work(live)]));
    cancelled_at_every_step(|ctx, live| _ = group::all(ctx, [work(live), work(live)]));
    cancelled_at_every_step(|ctx, live| {
        let (work, ctx) = (work(live), ctx.clone());
        _ = group::wait_all([go(move || work(&ctx).is_ok())]);
    });
}

#[test]
fn flight() {
    cancelled_at_every_step(|ctx, live| {
        let flight = Flight::new();
        let (theirs, work) = (ctx.clone(), work(live));
        let answer = flight.do_chan(1, move || work(&theirs).is_ok());
        let (done, _shared) = flight.do_(1, || ctx.sleep(SECOND).is_ok());
        let _ = done;
        assert!(answer.recv().unwrap().is_ok());
    });
}

#[test]
fn limiter() {
    cancelled_at_every_step(|ctx, _| {
        let limiter = Limiter::new(Limit::every(SECOND), 1);
        for _ in 0..2 {
            let _ = limiter.wait(ctx);
        }
    });
}

#[test]
fn sources_and_stages() {
    cancelled_at_every_step(|ctx, live| {
        let live = live.clone();
        let numbers = generate(ctx, (0..2).map(move |n| (n, live.clone())));
        stage(ctx, numbers, |it| it).into_iter().for_each(drop);
    });
    // A consumer that goes before the end.
    cancelled_at_every_step(|ctx, live| {
        let live = live.clone();
        let flow = generate(ctx, std::iter::repeat_with(move || live.clone()));
        let _ = flow.recv();
    });
}

#[test]
fn fan_out_and_merge() {
    cancelled_at_every_step(|ctx, live| {
        let parts = fan_out(ctx, generate(ctx, [live.clone()]), 1, |it| it).unwrap();
        for part in parts {
            part.into_iter().for_each(drop);
        }
    });
    cancelled_at_every_step(|ctx, live| {
        let flow = generate(ctx, [live.clone()]);
        merge(ctx, [flow]).into_iter().for_each(drop);
    });
}

#[test]
fn combined_channels() {
    cancelled_at_every_step(|ctx, live| {
        let (left, right) = tee(ctx, generate(ctx, [live.clone()]));
        // One that takes both sides by turns, in the place of two.
        drop((left.recv(), right.recv()));
    });
    cancelled_at_every_step(|ctx, live| {
        let (flows, inputs) = channel(1);
        flows.send(generate(ctx, [live.clone()])).unwrap();
        drop(flows);
        bridge(ctx, inputs).into_iter().for_each(drop);
    });
    cancelled_at_every_step(|ctx, _| {
        let (never, rx) = channel::<()>(0);
        assert!(or_channel(ctx, [rx.clone(), rx]).recv().is_err());
        drop(never);
    });
    cancelled_at_every_step(|ctx, live| {
        let (tx, rx) = channel(1);
        tx.send(live.clone()).unwrap();
        or_done(ctx, rx).for_each(drop);
    });
}

#[test]
fn bounded_work() {
    cancelled_at_every_step(|ctx, live| {
        in_order(ctx, 1, [live.clone()], |it| it).unwrap().into_iter().for_each(drop);
    });
    cancelled_at_every_step(|ctx, live| {
        as_they_come(ctx, 1, [live.clone()], |it| it).unwrap().into_iter().for_each(drop);
    });
    cancelled_at_every_step(|ctx, live| {
        let pool = WorkPool::new(1).unwrap();
        let (work, theirs) = (work(live), ctx.clone());
        let _ = pool.run_ctx(ctx, move || _ = work(&theirs));
        let live = live.clone();
        drop(pool.submit(move || live)); // its result goes nowhere
    });
    cancelled_at_every_step(|ctx, _| {
        let gate = Gate::new(1).unwrap();
        gorge::scope(|s| {
            for _ in 0..2 {
                s.go(|| gate.enter_ctx(ctx).is_ok_and(|_pass| ctx.sleep(SECOND).is_ok()));
            }
        });
        assert_eq!(gate.inside(), 0);
    });
}

#[test]
fn runner() {
    cancelled_at_every_step(|ctx, live| {
        let mut runner = Runner::new(5 * SECOND);
        let work = work(live);
        runner.add(move |ctx, _| _ = work(ctx));
        if let Err(error) = runner.start(ctx) {
            assert!(error.into_unfinished().join().is_ok());
        }
    });
}

#[test]
fn resources() {
    cancelled_at_every_step(|ctx, live| {
        let live = live.clone();
        let pool = Pool::new(1, move || Ok::<_, ()>(live.clone())).unwrap();
        gorge::scope(|s| {
            for _ in 0..2 {
                s.go(|| pool.acquire(ctx).is_ok_and(|_lent| ctx.sleep(SECOND).is_ok()));
            }
        });
        assert_eq!(pool.in_use(), 0);
    });
}

#[test]
fn heartbeats() {
    cancelled_at_every_step(|ctx, live| {
        let live = live.clone();
        let result = supervise(ctx, SECOND, move |ctx, heart| {
            let _live = live.clone();
            heart.beat();
            ctx.done().recv().is_err()
        });
        assert!(result.is_err());
    });
    cancelled_at_every_step(|ctx, _| {
        let (heart, _pulse) = heartbeat();
        let _ = heart.sleep(ctx, SECOND, 2 * SECOND);
        let (_tx, rx) = channel::<()>(0);
        assert_eq!(heart.recv(ctx, SECOND, &rx), None);
    });
}

#[test]
fn hedges() {
    cancelled_at_every_step(|ctx, live| {
        let live = Mutex::new(live.clone());
        let ask = |ctx: &Context, _| {
            let work = work(&live.lock().unwrap());
            work(ctx)
        };
        let _ = hedged(ctx, SECOND / 2, 2, ask).unwrap();
    });
    cancelled_at_every_step(|ctx, live| {
        let live = Mutex::new(live.clone());
        let ask = |ctx: &Context, _| {
            let work = work(&live.lock().unwrap());
            work(ctx)
        };
        let _ = replicated(ctx, 2, ask).unwrap();
    });
}

#[test]
fn owners_and_generators() {
    cancelled_at_every_step(|ctx, live| {
        let monitor = Monitor::new(live.clone(), |live, ()| live.clone());
        for _ in (0..3).take_while(|_| ctx.err().is_none()) {
            drop(monitor.ask(()));
        }
    });
    cancelled_at_every_step(|ctx, live| {
        let live = live.clone();
        let mut generator = Generator::new(move |giver| while giver.give(live.clone()) {});
        for _ in (0..3).take_while(|_| ctx.err().is_none()) {
            assert!(generator.next().is_some());
        }
    });
    cancelled_at_every_step(|ctx, live| {
        for value in pull(vec![live.clone(); 3]) {
            drop(value);
            if ctx.err().is_some() {
                return;
            }
        }
    });
}

#[test]
fn telling_many() {
    cancelled_at_every_step(|ctx, live| {
        let news = Broadcast::new(0);
        let (slow, quick) = (news.subscribe(), news.subscribe());
        gorge::scope(|s| {
            s.go(move || quick.recv().map(drop));
            let _ = news.send_ctx(ctx, live.clone());
            drop(slow);
            drop(news); // closes
        });
    });
    cancelled_at_every_step(|ctx, live| {
        let watch = Watch::new(live.clone());
        gorge::scope(|s| {
            s.go(|| _ = watch.changed(ctx, &mut watch.seen()));
            s.go(|| drop(watch.set(live.clone())));
        });
    });
}

#[test]
fn waiting_with_a_context() {
    cancelled_at_every_step(|ctx, _| {
        let (mutex, lock) = (gorge::sync::Mutex::new(()), RwLock::new(()));
        let held = (mutex.lock(), lock.read());
        gorge::scope(|s| {
            s.go(|| assert!(ctx.wait_for(mutex.locking()).is_err()));
            assert!(ctx.wait_for(lock.writing()).is_err());
        });
        drop(held);
        assert!(mutex.try_lock().is_some() && lock.try_write().is_some());
    });
    cancelled_at_every_step(|ctx, _| {
        let (semaphore, event) = (Semaphore::new(1), Event::auto());
        let held = semaphore.acquire(1);
        gorge::scope(|s| {
            s.go(|| assert!(ctx.wait_for(semaphore.acquiring(1)).is_err()));
            assert!(ctx.wait_for(event.waiting()).is_err());
        });
        drop(held);
        assert!(semaphore.try_acquire(1).is_some());
    });
    cancelled_at_every_step(|ctx, _| {
        let (mutex, condvar) = (gorge::sync::Mutex::new(()), Condvar::new());
        let mut guard = mutex.lock();
        assert!(condvar.wait_ctx(&mut guard, ctx).is_err());
        drop(guard);
        assert!(mutex.try_lock().is_some());
        let group = WaitGroup::new();
        group.add(1);
        assert!(ctx.wait_for(group.waiting()).is_err());
    });
    cancelled_at_every_step(|ctx, _| {
        let stop = context::after_func(ctx, || ());
        let (timed, _cancel) = context::with_timeout(ctx, SECOND);
        let (_child, _cancel) = context::with_cancel(&timed);
        let _ = timed.done().recv();
        stop.stop();
        let _ = time::now();
    });
}
