//! Every helper that starts goroutines or waits, with its context cancelled after every second of what it does:
//! no goroutine, no timer and no value is left behind, and nothing waits for longer than it should.

mod alone;

use alone::{HOUR, Live, SECOND, alone};
use gorge::context::{self, Context, background};
use gorge::group::{self, Flight, Group, Limit, Limiter};
use gorge::patterns::{
    Broadcast, Gate, Pool, Runner, Watch, WorkPool, as_they_come, fan_out, generate, heartbeat,
    hedged, in_order, merge, or_channel, stage, supervise, tee,
};
use gorge::sync::{Event, Mutex, Semaphore};
use gorge::{channel, time};

/// What each scenario below does takes longer than this many seconds, if it is let.
const STEPS: u32 = 12;

/// Runs `scenario` once for each second at which its context may be cancelled.
fn cancelled_at_every_step(scenario: impl Fn(&Context, &Live) + Send + Sync) {
    for step in 0..=STEPS {
        alone(|| {
            let (live, alive) = Live::new();
            let (ctx, cancel) = context::with_cancel(&background());
            let start = time::now();
            let at = time::after_func(step * SECOND, move || _ = cancel.cancel());
            scenario(&ctx, &live);
            at.stop();
            assert!(
                start.elapsed() <= step * SECOND + SECOND,
                "at step {step}: {:?}",
                start.elapsed()
            );
            assert_eq!((alive(), ctx.num_children()), (1, 0), "at step {step}");
        });
    }
}

/// Something to do for `seconds`, with something to lose.
fn work(
    live: &Live,
) -> impl Fn(&Context, u32) -> Result<Live, context::ContextError> + Clone + 'static {
    let live = live.clone();
    move |ctx, seconds| ctx.sleep(seconds * SECOND).map(|()| live.clone())
}

#[test]
fn groups() {
    cancelled_at_every_step(|ctx, live| {
        let (group, ctx) = Group::with_context(ctx);
        group.set_limit(3);
        for n in 1..10 {
            let (work, ctx) = (work(live), ctx.clone());
            group.go(move || work(&ctx, n).map(drop));
        }
        let _ = group.wait();
    });
}

#[test]
fn races() {
    cancelled_at_every_step(|ctx, live| {
        let task = |seconds| {
            let work = work(live);
            move |ctx: &Context| work(ctx, seconds)
        };
        let _ = group::race(ctx, [8, 3, 5].map(task));
        let _ = group::all(ctx, [4, 2].map(task));
        let _ = group::first_ok(ctx, [9, 5].map(task));
    });
}

#[test]
fn flights_and_limits() {
    cancelled_at_every_step(|ctx, live| {
        let limiter = Limiter::new(Limit::every(3 * SECOND), 1);
        while limiter.wait(ctx).is_ok() {}
        assert!(limiter.tokens() <= 1);
        let (flight, work, ctx) = (Flight::new(), work(live), ctx.clone());
        let answer = flight.do_chan(1, move || work(&ctx, 1).is_ok());
        assert!(answer.recv().unwrap().is_ok());
    });
}

#[test]
fn pipelines() {
    cancelled_at_every_step(|ctx, live| {
        let (slow, live) = (ctx.clone(), live.clone());
        let numbers = generate(ctx, (0..100).map(move |n| (n, slow.sleep(SECOND), live.clone())));
        let (left, right) = tee(ctx, numbers);
        let left = merge(ctx, fan_out(ctx, left, 3, |it| it).unwrap());
        let right = in_order(ctx, 2, stage(ctx, right, |it| it), |it| it).unwrap();
        let both = as_they_come(ctx, 2, merge(ctx, [left, right]), |it| it).unwrap();
        both.into_iter().for_each(drop);
        let _ = or_channel(ctx, [time::after(HOUR)]).recv();
    });
}

#[test]
fn runners_and_pools() {
    cancelled_at_every_step(|ctx, live| {
        let mut runner = Runner::new(HOUR);
        for _ in 0..STEPS {
            let work = work(live);
            runner.add(move |ctx, _| _ = work(ctx, 1));
        }
        if let Err(error) = runner.start(ctx) {
            assert!(error.into_unfinished().join().is_ok());
        }
    });
    cancelled_at_every_step(|ctx, live| {
        let live = live.clone();
        let pool = Pool::new(2, move || Ok::<_, ()>(live.clone())).unwrap();
        let workers = WorkPool::new(4).unwrap();
        let mut results = Vec::new();
        for _ in 0..20 {
            let (pool, theirs) = (pool.clone(), ctx.clone());
            let (tx, rx) = channel(1);
            let task = move || {
                let slept = pool.acquire(&theirs).is_ok_and(|_lent| theirs.sleep(SECOND).is_ok());
                tx.send(slept).unwrap();
            };
            if workers.run_ctx(ctx, task).is_err() {
                break;
            }
            results.push(rx);
        }
        workers.shutdown();
        assert!(results.iter().all(|rx| rx.recv().is_ok()));
        assert_eq!(pool.in_use(), 0);
    });
}

#[test]
fn heartbeats_and_hedges() {
    cancelled_at_every_step(|ctx, live| {
        let live = live.clone();
        let result = supervise(ctx, 3 * SECOND, move |ctx, heart| {
            let _live = live.clone();
            heart.beat();
            ctx.done().recv().is_err()
        });
        assert!(result.is_err());
    });
    cancelled_at_every_step(|ctx, live| {
        let work = work(live);
        let work = std::sync::Mutex::new(work);
        let answer = hedged(ctx, SECOND, 4, |ctx, _| {
            let work = work.lock().unwrap().clone();
            work(ctx, 100)
        });
        assert!(answer.unwrap().is_err());
        let (heart, _pulse) = heartbeat();
        assert!(heart.sleep(ctx, SECOND, HOUR).is_err());
    });
}

#[test]
fn waiting_for_locks_and_others() {
    cancelled_at_every_step(|ctx, live| {
        let (gate, mutex) = (Gate::new(1).unwrap(), Mutex::new(live.clone()));
        let (semaphore, event) = (Semaphore::new(2), Event::auto());
        let (_pass, guard) = (gate.enter(), mutex.lock());
        let _permits = semaphore.acquire(2);
        let news = Broadcast::new(0);
        let _subscription = news.subscribe();
        let watch = Watch::new(0);
        gorge::scope(|s| {
            s.go(|| assert!(gate.enter_ctx(ctx).is_err()));
            s.go(|| assert!(ctx.wait_for(mutex.locking()).is_err()));
            s.go(|| assert!(ctx.wait_for(semaphore.acquiring(1)).is_err()));
            s.go(|| assert!(ctx.wait_for(event.waiting()).is_err()));
            s.go(|| assert!(news.send_ctx(ctx, live.clone()).is_err()));
            s.go(|| assert!(watch.changed(ctx, &mut watch.seen()).is_err()));
        });
        drop(guard);
        assert!(mutex.try_lock().is_some(), "nobody has it who gave up");
    });
}
