//! Runner, pools and gates: limits, every order of closing, failing factories, and that nothing is left.

mod alone;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use alone::{HOUR, Live, MS, SECOND, alone, panic_of, settle};
use gorge::context::{self, ContextError, background};
use gorge::patterns::{Gate, Pool, PoolError, RunError, Runner, SizeError, WorkPool};
use gorge::{channel, go, runtime, time};

#[test]
fn a_runner_runs_its_tasks_in_order() {
    alone(|| {
        let (tx, rx) = channel(10);
        let mut runner = Runner::new(3 * SECOND);
        for _ in 0..3 {
            let tx = tx.clone();
            runner.add(move |ctx, n| {
                assert!(ctx.sleep(n as u32 * SECOND / 2).is_ok());
                tx.send(n).unwrap();
            });
        }
        drop(tx);
        assert!(runner.start(&background()).is_ok());
        assert_eq!(rx.iter().collect::<Vec<_>>(), [0, 1, 2]);
        assert!(Runner::new(SECOND).start(&background()).is_ok(), "nothing to do");
    });
}

#[test]
fn the_limit_of_a_runner_holds_for_a_task_that_never_returns() {
    alone(|| {
        let (release, held) = channel::<()>(0);
        let start = time::now();
        let mut runner = Runner::new(3 * SECOND);
        runner.add(move |_, _| assert!(held.recv().is_err()));
        runner.add(|_, _| panic!("it is not begun any more"));
        let error = runner.start(&background()).unwrap_err();
        assert_eq!(
            (error.to_string(), start.elapsed()),
            ("received timeout".to_owned(), 3 * SECOND)
        );
        drop(release);
        assert!(error.into_unfinished().join().is_ok());
    });
}

#[test]
fn a_runner_is_interrupted() {
    alone(|| {
        let start = time::now();
        let (tx, signal) = channel(1);
        let mut runner = Runner::new(HOUR).interrupt_on(signal);
        for _ in 0..3 {
            runner.add(|ctx, _| _ = ctx.sleep(2 * SECOND));
        }
        time::after_func(3 * SECOND, move || tx.send(()).unwrap());
        let error = runner.start(&background()).unwrap_err();
        assert_eq!(
            (error.to_string(), start.elapsed()),
            ("received interrupt".to_owned(), 3 * SECOND)
        );
        assert!(error.into_unfinished().join().is_ok());
        assert_eq!(start.elapsed(), 3 * SECOND, "the task was told");

        let (ctx, _cancel) = context::with_timeout(&background(), SECOND);
        let mut runner = Runner::new(HOUR);
        runner.add(|ctx, _| _ = ctx.sleep(HOUR));
        runner.add(|_, _| panic!("it is not begun any more"));
        assert!(matches!(runner.start(&ctx), Err(RunError::Interrupted(_))));
        let mut runner = Runner::new(HOUR);
        runner.add(|_, _| panic!("a task broke"));
        assert_eq!(panic_of(|| runner.start(&background())), "a task broke");
    });
}

/// A pool that counts what it makes; each resource drags a `Live` along.
fn counting(
    maximum: usize,
    idle: usize,
    live: &Live,
) -> (Pool<(usize, Live), String>, Arc<AtomicUsize>) {
    let made = Arc::new(AtomicUsize::new(0));
    let (count, live) = (made.clone(), live.clone());
    let factory = move || Ok((count.fetch_add(1, Ordering::SeqCst), live.clone()));
    (Pool::with_idle(maximum, idle, factory).unwrap(), made)
}

#[test]
fn resources_are_made_when_needed_and_used_again() {
    alone(|| {
        let (live, alive) = Live::new();
        let (pool, made) = counting(3, 2, &live);
        let ctx = background();
        assert_eq!(made.load(Ordering::SeqCst), 0);
        for _ in 0..5 {
            assert_eq!(pool.acquire(&ctx).unwrap().0, 0);
        }
        let three: Vec<_> = (0..3).map(|_| pool.acquire(&ctx).unwrap()).collect();
        assert_eq!((made.load(Ordering::SeqCst), pool.in_use(), pool.idle()), (3, 3, 0));
        // The maximum: wait until one comes back.
        let (waiting, start) = (pool.clone(), time::now());
        let waiter = go(move || waiting.acquire(&background()).map(|it| it.0));
        time::sleep(SECOND);
        drop(three);
        assert!(waiter.join().unwrap().is_ok());
        assert_eq!(start.elapsed(), SECOND);
        assert_eq!((pool.in_use(), pool.idle()), (0, 2), "the third was surplus");
        pool.acquire(&ctx).unwrap().discard();
        assert_eq!(pool.idle(), 1);
        let own = pool.acquire(&ctx).unwrap().into_inner();
        assert_eq!((pool.in_use(), pool.idle()), (0, 0));
        drop((own, pool));
        assert_eq!(alive(), 1);
    });
}

#[test]
fn what_nobody_borrows_for_long_is_dropped() {
    alone(|| {
        let (live, alive) = Live::new();
        let one = live.clone();
        let pool = Pool::with_limits(3, 3, 10 * SECOND, move || Ok::<_, ()>(one.clone())).unwrap();
        let ctx = background();
        let mut lent: Vec<_> = (0..3).map(|_| pool.acquire(&ctx).unwrap()).collect();
        for _ in 0..3 {
            lent.pop(); // at 0, 4 and 8 seconds
            time::sleep(4 * SECOND);
        }
        settle();
        assert_eq!((pool.idle(), alive()), (2, 4), "the first is gone since 10 seconds");
        // The latest is used again and again, and stays; the other one goes.
        for _ in 0..4 {
            time::sleep(SECOND);
            drop(pool.acquire(&ctx).unwrap());
        }
        assert_eq!(pool.idle(), 1);
        time::sleep(10 * SECOND + MS);
        assert_eq!((pool.idle(), alive()), (0, 2));
        assert_eq!(runtime::num_timers(), 0);
        // Neither a pool that is closed nor one that is dropped leaves its timer behind.
        drop(pool.acquire(&ctx).unwrap());
        pool.close();
        assert_eq!(runtime::num_timers(), 0);
        let one = live.clone();
        let pool = Pool::with_limits(1, 1, SECOND, move || Ok::<_, ()>(one.clone())).unwrap();
        drop(pool.acquire(&ctx).unwrap());
        drop(pool);
        assert_eq!((runtime::num_timers(), alive()), (0, 2));
    });
}

#[test]
fn a_pool_is_closed_in_every_order() {
    alone(|| {
        let (live, alive) = Live::new();
        let (pool, _) = counting(1, 1, &live);
        let ctx = background();
        let lent = pool.acquire(&ctx).unwrap();
        let waiting = pool.clone();
        let waiter = go(move || waiting.acquire(&background()).map(drop));
        settle();
        assert!(pool.close(), "while in use, and waited for");
        assert!(!pool.close());
        assert_eq!(waiter.join().unwrap(), Err(PoolError::Closed));
        let error = pool.acquire(&ctx).unwrap_err();
        assert_eq!(error.to_string(), "pool has been closed");
        drop(lent);
        let (idle_pool, _) = counting(2, 2, &live);
        drop((idle_pool.acquire(&ctx), idle_pool.acquire(&ctx)));
        assert_eq!(idle_pool.idle(), 2);
        assert!(idle_pool.close());
        assert_eq!(idle_pool.idle(), 0);
        // The handle of the pool goes before what it has lent out.
        let (pool_of_one, _) = counting(1, 1, &live);
        let lent = pool_of_one.acquire(&ctx).unwrap();
        drop(pool_of_one);
        drop((lent, pool, idle_pool));
        assert_eq!(alive(), 1);
    });
}

#[test]
fn bad_pools() {
    alone(|| {
        assert_eq!(Pool::new(0, || Ok::<_, ()>(())).unwrap_err(), SizeError);
        assert_eq!(WorkPool::new(0).unwrap_err().to_string(), "size value too small");
        assert_eq!(Gate::new(0).unwrap_err(), SizeError);

        let ctx = background();
        let calls = Arc::new(AtomicUsize::new(0));
        let count = calls.clone();
        let pool = Pool::new(1, move || match count.fetch_add(1, Ordering::SeqCst) {
            0 => Err("no connection"),
            1 => panic!("the factory broke"),
            n => Ok(n),
        })
        .unwrap();
        assert_eq!(pool.acquire(&ctx).unwrap_err(), PoolError::Factory("no connection"));
        assert_eq!(panic_of(|| pool.acquire(&ctx)), "the factory broke");
        let lent = pool.acquire(&ctx).unwrap();
        assert_eq!(*lent, 2, "no place was lost");
        let (soon, _cancel) = context::with_timeout(&ctx, SECOND);
        let error = pool.acquire(&soon).unwrap_err();
        assert_eq!(error, PoolError::Done(ContextError::DeadlineExceeded));
        let text = panic_of(move || {
            let _lent = lent;
            panic!("while it was in use");
        });
        assert_eq!((text.as_str(), pool.idle(), pool.in_use()), ("while it was in use", 0, 0));
    });
}

#[test]
fn workers_take_one_task_at_a_time() {
    alone(|| {
        let pool = WorkPool::new(2).unwrap();
        let start = time::now();
        for _ in 0..6 {
            pool.run(|| time::sleep(SECOND));
        }
        assert_eq!(start.elapsed(), 2 * SECOND, "the last two were just taken");
        let (soon, _cancel) = context::with_timeout(&background(), SECOND / 2);
        let late = pool.run_ctx(&soon, || panic!("nobody takes it"));
        assert_eq!(late, Err(ContextError::DeadlineExceeded));
        pool.shutdown();
        assert_eq!(start.elapsed(), 3 * SECOND);
    });
}

#[test]
fn results_and_panics_of_workers() {
    alone(|| {
        let (live, alive) = Live::new();
        let pool = WorkPool::new(3).unwrap();
        let tickets: Vec<_> = (0..10)
            .map(|n| {
                let live = live.clone();
                pool.submit(move || {
                    let _live = live;
                    time::sleep((10 - n) * SECOND);
                    assert_ne!(n, 4, "four");
                    n
                })
            })
            .collect();
        for (n, ticket) in (0..).zip(tickets) {
            match ticket.wait() {
                Ok(result) => assert_eq!(result, n),
                Err(end) => assert!(n == 4 && end.message().unwrap().contains("four")),
            }
        }
        assert!(pool.submit(|| runtime::goexit()).wait().is_err_and(|end| !end.is_panic()));
        assert_eq!(pool.submit(|| 1).wait().unwrap(), 1, "the workers are still there");
        pool.run(|| panic!("first"));
        pool.run(|| time::sleep(SECOND));
        pool.run(|| panic!("second"));
        settle();
        assert!(["first", "second"].contains(&panic_of(|| pool.shutdown()).as_str()));
        let pool = WorkPool::new(1).unwrap();
        let ticket = pool.submit(|| time::sleep(HOUR));
        drop(pool); // waits
        assert!(ticket.wait().is_ok());
        assert_eq!(alive(), 1);
    });
}

#[test]
fn gates() {
    alone(|| {
        let gate = Gate::new(3).unwrap();
        let most = AtomicUsize::new(0);
        let start = time::now();
        gorge::scope(|s| {
            for _ in 0..51 {
                s.go(|| {
                    let _pass = gate.enter();
                    most.fetch_max(gate.inside(), Ordering::SeqCst);
                    time::sleep(SECOND);
                });
            }
        });
        assert_eq!((most.into_inner(), start.elapsed()), (3, 17 * SECOND));
        let passes: Vec<_> = (0..3).map(|_| gate.try_enter().unwrap()).collect();
        assert!(gate.try_enter().is_none());
        let (soon, _cancel) = context::with_timeout(&background(), SECOND);
        assert_eq!(gate.enter_ctx(&soon).unwrap_err(), ContextError::DeadlineExceeded);
        drop(passes);
        assert_eq!((gate.inside(), gate.limit()), (0, 3));
        assert!(gate.enter_ctx(&background()).is_ok());
    });
}

#[test]
fn a_work_pool_that_its_own_task_drops_is_not_waited_for() {
    alone(|| {
        let pool = Arc::new(WorkPool::new(2).unwrap());
        let (hand_over, taken) = channel(0);
        let (done, ends) = channel(2);
        let also_done = done.clone();
        pool.run(move || {
            drop::<Arc<WorkPool>>(taken.recv().unwrap()); // the last one: and this goes on
            done.send(1).unwrap();
        });
        pool.run(move || {
            time::sleep(SECOND); // the other worker finishes what it has taken
            also_done.send(2).unwrap();
        });
        hand_over.send(pool).unwrap();
        assert_eq!(ends.iter().collect::<Vec<_>>(), [1, 2]);
    });
}
