//! Error groups, single flight and races: outcomes, limits, panics, and that nothing is left behind.

mod alone;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use alone::{HOUR, Live, SECOND, alone, panic_of, settle};
use gorge::context::{self, Context, ContextError, background};
use gorge::group::{self, Flight, FlightError, Group};
use gorge::patterns::Gate;
use gorge::{channel, go, runtime, time};

#[test]
fn a_group_waits_for_all() {
    alone(|| {
        let (live, alive) = Live::new();
        let group = Group::<()>::new();
        let start = time::now();
        for n in 1..=10 {
            let live = live.clone();
            group.go(move || {
                time::sleep(n * SECOND);
                drop(live);
                Ok(())
            });
        }
        assert_eq!(group.wait(), Ok(()));
        assert_eq!((start.elapsed(), alive()), (10 * SECOND, 1));
        assert_eq!(group.wait(), Ok(()), "nothing to wait for");
    });
}

#[test]
fn the_first_error_counts_and_cancels() {
    alone(|| {
        let start = time::now();
        let (group, ctx) = Group::with_context(&background());
        for n in 1..=3 {
            let ctx = ctx.clone();
            group.go(move || ctx.sleep(n * HOUR).map_err(|error| format!("{n}: {error}")));
        }
        group.go(|| {
            time::sleep(SECOND);
            Err("first".to_owned())
        });
        assert_eq!(group.wait(), Err("first".to_owned()));
        assert_eq!(start.elapsed(), SECOND);
        assert_eq!(ctx.err(), Some(ContextError::Canceled));

        // Without a context the others go on.
        let group = Group::new();
        group.go(|| Err("at once"));
        group.go(|| {
            time::sleep(HOUR);
            Ok(())
        });
        assert_eq!(group.wait(), Err("at once"));
        assert_eq!(start.elapsed(), SECOND + HOUR);
    });
}

#[test]
fn the_first_error_is_the_cause() {
    alone(|| {
        let (group, ctx) = Group::with_context_cause(&background(), |n: &u32| format!("error {n}"));
        let seen = ctx.clone();
        group.go(move || {
            let _ = seen.sleep(HOUR);
            assert_eq!(seen.cause().unwrap().to_string(), "error 1");
            Err(2)
        });
        group.go(|| {
            time::sleep(SECOND);
            Err(1)
        });
        assert_eq!(group.wait(), Err(1));
        assert_eq!(ctx.cause().unwrap().to_string(), "error 1");

        let (group, ctx) = Group::with_context_cause(&background(), |n: &u32| format!("error {n}"));
        group.go(|| panic!("no luck"));
        assert_eq!(panic_of(|| group.wait()), "no luck");
        assert_eq!(ctx.cause().unwrap().to_string(), "goroutine panicked: no luck");

        let (group, ctx) = Group::with_context_cause(&background(), |n: &u32| format!("error {n}"));
        group.go(|| Ok(()));
        assert_eq!(group.wait(), Ok(()));
        assert_eq!(ctx.cause().unwrap().to_string(), "context canceled");
    });
}

#[test]
fn waiting_cancels_the_context_of_the_group() {
    alone(|| {
        let (group, ctx) = Group::<()>::with_context(&background());
        group.go(|| Ok(()));
        assert_eq!(group.wait(), Ok(()));
        assert_eq!(ctx.err(), Some(ContextError::Canceled));
    });
}

#[test]
fn dropping_a_group_ends_it() {
    alone(|| {
        let (live, alive) = Live::new();
        let start = time::now();
        let (group, ctx) = Group::with_context(&background());
        for _ in 0..10 {
            let (live, ctx) = (live.clone(), ctx.clone());
            group.go(move || {
                let _live = live;
                ctx.sleep(HOUR)
            });
        }
        drop(group);
        assert_eq!((start.elapsed(), alive()), (Duration::ZERO, 1));
    });
}

#[test]
fn limits() {
    alone(|| {
        let group = Group::<()>::new();
        group.set_limit(3);
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let start = time::now();
        for _ in 0..9 {
            let (now, most) = (now.clone(), most.clone());
            group.go(move || {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                time::sleep(SECOND);
                now.fetch_sub(1, Ordering::SeqCst);
                Ok(())
            });
        }
        assert_eq!(start.elapsed(), 2 * SECOND, "the last three have just begun");
        assert!(group.try_go(|| Ok(())).is_err());
        let text = panic_of(|| group.set_limit(4));
        assert_eq!(text, "errgroup: modify limit while 3 goroutines in the group are still active");
        assert_eq!(group.wait(), Ok(()));
        assert_eq!((start.elapsed(), most.load(Ordering::SeqCst)), (3 * SECOND, 3));

        group.set_limit(0);
        assert!(group.try_go(|| Ok(())).is_err(), "none any more");
        group.set_limit(None);
        assert!(group.try_go(|| Ok(())).is_ok());
        assert_eq!(group.wait(), Ok(()));
    });
}

#[test]
fn goroutines_of_a_group_add_to_it() {
    fn tree(handle: group::GroupHandle<()>, leaves: Arc<AtomicUsize>, depth: u32) {
        if depth == 0 {
            leaves.fetch_add(1, Ordering::Relaxed);
            return;
        }
        for _ in 0..2 {
            let (inner, leaves) = (handle.clone(), leaves.clone());
            handle.go(move || {
                tree(inner, leaves, depth - 1);
                Ok(())
            });
        }
    }
    alone(|| {
        let (group, leaves) = (Group::new(), Arc::new(AtomicUsize::new(0)));
        tree(group.handle(), leaves.clone(), 6);
        assert_eq!(group.wait(), Ok(()));
        assert_eq!(leaves.load(Ordering::Relaxed), 64);
    });
}

#[test]
fn a_panic_goes_on_in_wait() {
    alone(|| {
        let (group, ctx) = Group::with_context(&background());
        let theirs = ctx.clone();
        group.go(move || theirs.sleep(HOUR));
        group.go(|| panic!("part {} broke", 7));
        group.go(|| runtime::goexit());
        assert_eq!(panic_of(|| group.wait()), "part 7 broke");
        assert_eq!(group.wait(), Err(ContextError::Canceled), "the panic was given out");
        let group = Group::<()>::new();
        group.go(|| panic!("nobody waits"));
        settle();
        assert_eq!(panic_of(move || drop(group)), "nobody waits");
    });
}

#[test]
fn a_flight_does_the_work_once() {
    alone(|| {
        let flight = Flight::new();
        let calls = Arc::new(AtomicUsize::new(0));
        let ask = |key: u32| {
            let (flight, calls) = (flight.clone(), calls.clone());
            go(move || {
                flight.do_(key, || {
                    calls.fetch_add(1, Ordering::SeqCst);
                    time::sleep(SECOND);
                    key * 10
                })
            })
        };
        let many: Vec<_> = (0..10).map(|_| ask(1)).collect();
        let other = ask(2);
        settle();
        let channel = flight.do_chan(1, || unreachable!("somebody does it"));
        let channel_too = flight.do_chan(1, || unreachable!("somebody does it"));
        for answer in many {
            assert_eq!(answer.join().unwrap(), (10, true));
        }
        assert_eq!(other.join().unwrap(), (20, false));
        assert_eq!(channel_too.recv(), Ok(Ok((10, true))));
        drop(channel);
        assert_eq!(calls.load(Ordering::SeqCst), 2);
        assert_eq!(ask(1).join().unwrap(), (10, false), "done anew");
        assert!(format!("{flight:?}").contains("0"));
    });
}

#[test]
fn forgetting_a_flight() {
    alone(|| {
        let flight = Flight::new();
        let old = flight.do_chan("x", || {
            time::sleep(2 * SECOND);
            "old"
        });
        flight.forget(&"x");
        let new = flight.do_chan("x", || {
            time::sleep(3 * SECOND);
            "new"
        });
        assert_eq!(old.recv().unwrap(), Ok(("old", false)));
        // The end of the old one has not taken the new one out.
        let joined = flight.do_chan("x", || unreachable!());
        assert_eq!(new.recv().unwrap(), Ok(("new", true)));
        assert_eq!(joined.recv().unwrap(), Ok(("new", true)));
    });
}

#[test]
fn panics_and_exits_reach_everybody_on_a_flight() {
    alone(|| {
        let flight = Flight::<u32, ()>::new();
        for exits in [false, true] {
            let end = move || -> () {
                time::sleep(SECOND);
                if exits { runtime::goexit() } else { panic!("engine failure") }
            };
            let callers: Vec<_> = (0..5)
                .map(|_| {
                    let flight = flight.clone();
                    go(move || flight.do_(1, end))
                })
                .collect();
            settle();
            let channel = flight.do_chan(1, end);
            for caller in callers {
                let end = caller.join().unwrap_err();
                assert_eq!(end.message(), (!exits).then_some("engine failure"));
            }
            let told = match exits {
                false => FlightError::Panicked("engine failure".to_owned()),
                true => FlightError::Exited,
            };
            assert_eq!(channel.recv().unwrap(), Err(told));
        }
        // As the first caller through a channel.
        let channel = flight.do_chan(1, || panic!("again"));
        assert_eq!(channel.recv().unwrap(), Err(FlightError::Panicked("again".to_owned())));
    });
}

#[test]
fn the_largest_limit_is_none() {
    alone(|| {
        let group = Group::<()>::new();
        group.set_limit(usize::MAX);
        group.go(|| Ok(()));
        assert_eq!(group.wait(), Ok(()));
        let gate = Gate::new(usize::MAX).unwrap();
        let _pass = gate.enter();
        assert_eq!(gate.inside(), 1);
    });
}

/// Cannot be cloned.
#[derive(Debug, PartialEq)]
struct Single;

impl Clone for Single {
    fn clone(&self) -> Single {
        panic!("there is one only")
    }
}

#[test]
fn a_clone_that_panics_leaves_nobody_on_a_flight() {
    alone(|| {
        let flight = Flight::<u32, Single>::new();
        let fly = || {
            let flight = flight.clone();
            let work = || {
                time::sleep(SECOND);
                Single
            };
            go(move || flight.do_(1, work))
        };
        let first = fly();
        settle();
        let joined = fly();
        settle();
        let channel = flight.do_chan(1, || unreachable!("it has begun"));
        assert_eq!(first.join().unwrap_err().message(), Some("there is one only"));
        let end = joined.join().unwrap_err();
        assert_eq!(end.message(), Some("single flight: cloning the value panicked"));
        assert!(channel.recv().is_err());
    });
}

type Task<T> = Box<dyn FnOnce(&Context) -> T + Send>;

fn sleeper(seconds: u32, live: &Live) -> Task<Result<u32, String>> {
    let live = live.clone();
    Box::new(move |ctx| {
        let _live = live;
        ctx.sleep(seconds * SECOND).map(|()| seconds).map_err(|error| error.to_string())
    })
}

#[test]
fn all_results_or_the_first_error() {
    alone(|| {
        let (live, alive) = Live::new();
        let ctx = background();
        let start = time::now();
        let three = [3, 1, 2].map(|n| sleeper(n, &live));
        assert_eq!(group::all(&ctx, three), Ok(vec![3, 1, 2]));
        assert_eq!(start.elapsed(), 3 * SECOND);

        let failing: Task<_> =
            Box::new(|ctx| ctx.sleep(SECOND).map_or(Ok(0), |()| Err("bad".into())));
        let tasks = [sleeper(3600, &live), failing, sleeper(7200, &live)];
        assert_eq!(group::all(&ctx, tasks), Err("bad".to_owned()));
        assert_eq!((start.elapsed(), alive()), (4 * SECOND, 1));

        let broken: Task<Result<u32, String>> = Box::new(|_| panic!("broken"));
        let tasks = [sleeper(3600, &live), broken];
        assert_eq!(panic_of(|| group::all(&background(), tasks)), "broken");
        assert_eq!((start.elapsed(), alive()), (4 * SECOND, 1));
        assert_eq!(group::all(&ctx, Vec::<Task<Result<(), ()>>>::new()), Ok(vec![]));
    });
}

#[test]
fn races() {
    alone(|| {
        let (live, alive) = Live::new();
        let start = time::now();
        let ctx = background();
        let tasks = [9, 2, 5].map(|n| sleeper(n, &live));
        assert_eq!(group::race(&ctx, tasks), Some(Ok(2)));
        assert_eq!((start.elapsed(), alive()), (2 * SECOND, 1), "the losers were told");
        assert_eq!(group::race(&ctx, Vec::<Task<()>>::new()), None);

        let fail = |seconds: u32| -> Task<Result<u32, String>> {
            Box::new(move |ctx| {
                ctx.sleep(seconds * SECOND).map_or(Ok(0), |()| Err(format!("{seconds}")))
            })
        };
        let tasks = [fail(1), sleeper(5, &live), fail(2), sleeper(3600, &live)];
        assert_eq!(group::first_ok(&ctx, tasks), Ok(5));
        assert_eq!(
            group::first_ok(&ctx, [fail(2), fail(1)]),
            Err(vec!["1".to_owned(), "2".to_owned()])
        );
        assert_eq!((start.elapsed(), alive()), (9 * SECOND, 1));

        // Cancelled from above.
        let (ctx, cancel) = context::with_cancel(&ctx);
        time::after_func(SECOND, move || _ = cancel.cancel());
        let tasks = [9, 2].map(|n| sleeper(n, &live));
        assert!(matches!(group::race(&ctx, tasks), Some(Err(_))));
        assert_eq!(start.elapsed(), 10 * SECOND);
        let (tx, rx) = channel(1);
        tx.send(1).unwrap();
        let borrowed = |_: &Context| rx.recv().unwrap();
        assert_eq!(group::race(&background(), [borrowed]), Some(1), "tasks may borrow");
    });
}
