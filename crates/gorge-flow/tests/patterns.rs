//! Heartbeats, hedged requests, monitors, generators, broadcasts and parallel loops.

mod alone;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use alone::{HOUR, Live, MS, SECOND, alone, panic_of, settle};
use gorge::context::{self, ContextError, background};
use gorge::patterns::{
    Broadcast, Generator, Monitor, NoAnswer, SizeError, Watch, heartbeat, hedged, parallel, pull,
    replicated, supervise,
};
use gorge::{channel, go, select, time};

#[test]
fn pulses_at_the_interval_although_nobody_must_listen() {
    alone(|| {
        let (ctx, cancel) = context::with_cancel(&background());
        let (heart, pulse) = heartbeat();
        let (tx, rx) = channel::<u32>(0);
        let worker = go(move || heart.recv(&ctx, SECOND, &rx));
        let start = time::now();
        for n in 1..=5 {
            assert_eq!(pulse.recv(), Ok(()));
            assert_eq!(start.elapsed(), n * SECOND);
        }
        time::sleep(10 * SECOND); // nobody listens
        tx.send(7).unwrap();
        assert_eq!(worker.join().unwrap(), Some(Ok(7)));
        assert_eq!(pulse.iter().count(), 1, "beats do not pile up");
        cancel.cancel();

        let (heart, pulse) = heartbeat();
        drop(pulse);
        let (ctx, _cancel) = context::with_timeout(&background(), 5 * SECOND);
        let error = heart.sleep(&ctx, SECOND, HOUR);
        assert_eq!((error, ctx.err().is_some()), (Err(ContextError::DeadlineExceeded), true));
        assert_eq!(heart.sleep(&background(), SECOND, 3 * SECOND), Ok(()));
    });
}

#[test]
fn a_silent_worker_is_replaced() {
    alone(|| {
        let (live, alive) = Live::new();
        let started = Arc::new(AtomicUsize::new(0));
        let (count, theirs) = (started.clone(), live.clone());
        let start = time::now();
        let result = supervise(&background(), 4 * SECOND, move |ctx, heart| {
            let _live = theirs.clone();
            let number = count.fetch_add(1, Ordering::SeqCst);
            // Works for a while, and then hangs; the third one does not.
            for _ in 0..3 {
                heart.beat();
                time::sleep(SECOND);
            }
            if number < 2 {
                assert!(ctx.done().recv().is_err());
            }
            number
        });
        assert_eq!(result, Ok((2, 2)));
        // Last beats at 2 s and 8 s, replaced 4 s later; then 3 s of work.
        assert_eq!(start.elapsed(), 15 * SECOND);
        drop(live);
        assert_eq!(alive(), 0);
    });
}

#[test]
fn a_supervisor_ends_with_its_context_and_passes_panics_on() {
    alone(|| {
        let (ctx, _cancel) = context::with_timeout(&background(), 10 * SECOND);
        let result = supervise(&ctx, 3 * SECOND, |ctx, _| _ = ctx.done().recv());
        assert_eq!(result, Err(ContextError::DeadlineExceeded));
        let text = panic_of(|| supervise(&background(), SECOND, |_, _| panic!("worker broke")));
        assert_eq!(text, "worker broke");
    });
}

#[test]
fn the_quickest_answer_counts() {
    alone(|| {
        let (live, alive) = Live::new();
        let start = time::now();
        let cancelled = AtomicUsize::new(0);
        let answer = replicated(&background(), 10, |ctx, n| {
            let _live = live.clone();
            let time = (n as u32 * 7 % 10 + 1) * SECOND; // the first takes 1 s
            ctx.sleep(time)
                .map(|()| n)
                .inspect_err(|_| _ = cancelled.fetch_add(1, Ordering::SeqCst))
        });
        assert_eq!(answer, Ok(Ok(0)));
        assert_eq!((start.elapsed(), cancelled.into_inner(), alive()), (SECOND, 9, 1));
    });
}

#[test]
fn hedging() {
    alone(|| {
        let ctx = background();
        let start = time::now();
        let asked = AtomicUsize::new(0);
        let ask = |times: [u32; 3]| {
            let asked = &asked;
            move |ctx: &context::Context, n: usize| {
                asked.fetch_add(1, Ordering::SeqCst);
                ctx.sleep(times[n] * MS).map(|()| n).map_err(|error| error.to_string())
            }
        };
        // Quick enough: nobody else is asked.
        assert_eq!(hedged(&ctx, 10 * MS, 3, ask([9, 0, 0])), Ok(Ok(0)));
        assert_eq!((start.elapsed(), asked.swap(0, Ordering::SeqCst)), (9 * MS, 1));
        // The third, asked after 20 ms, is the first to answer.
        assert_eq!(hedged(&ctx, 10 * MS, 3, ask([100, 50, 5])), Ok(Ok(2)));
        assert_eq!((start.elapsed(), asked.swap(0, Ordering::SeqCst)), (34 * MS, 3));
        // Failures are not waited for.
        let failing = |_: &context::Context, n: usize| if n < 2 { Err(n) } else { Ok(n) };
        assert_eq!(hedged(&ctx, HOUR, 3, failing), Ok(Ok(2)));
        assert_eq!(hedged(&ctx, HOUR, 2, failing), Ok(Err(NoAnswer { errors: vec![0, 1] })));
        assert_eq!(start.elapsed(), 34 * MS);
        assert_eq!(hedged(&ctx, HOUR, 0, failing), Err(SizeError));
        // Cancelled from above.
        let (soon, _cancel) = context::with_timeout(&ctx, 15 * MS);
        let answer = hedged(&soon, 10 * MS, 3, ask([1000, 1000, 1000])).unwrap();
        assert_eq!(answer.unwrap_err().errors.len(), 2);
        assert_eq!((start.elapsed(), asked.load(Ordering::SeqCst)), (49 * MS, 2));
        let broken = |_: &context::Context, _: usize| -> Result<(), ()> { panic!("broken") };
        assert_eq!(panic_of(|| hedged(&ctx, MS, 2, broken)), "broken");
    });
}

#[test]
fn a_monitor_owns_its_value() {
    alone(|| {
        let (live, alive) = Live::new();
        let monitor = Monitor::new((0, live.clone()), |state, add: u32| {
            state.0 += add;
            assert_ne!(state.0, 4096, "overdrawn");
            state.0
        });
        let adders: Vec<_> = (0..10)
            .map(|_| {
                let monitor = monitor.clone();
                go(move || (0..10).for_each(|_| _ = monitor.ask(1)))
            })
            .collect();
        adders.into_iter().for_each(|adder| adder.join().unwrap());
        assert_eq!(monitor.ask(0), 100, "the last value read is the last one set");
        assert!(panic_of(|| monitor.ask(3996)).contains("overdrawn"));
        assert_eq!(panic_of(|| monitor.ask(1)), "the monitor's goroutine is gone");
        drop(monitor);
        assert_eq!(alive(), 1);
    });
}

#[test]
fn generators_run_only_when_asked() {
    alone(|| {
        let (live, alive) = Live::new();
        let steps = Arc::new(AtomicUsize::new(0));
        for taken in 0..=4 {
            steps.store(0, Ordering::SeqCst);
            let (count, theirs) = (steps.clone(), live.clone());
            let mut generator = Generator::new(move |giver| {
                let _live = theirs;
                for n in 0..3 {
                    count.fetch_add(1, Ordering::SeqCst);
                    if !giver.give(n) {
                        return;
                    }
                }
            });
            settle();
            assert_eq!(steps.load(Ordering::SeqCst), 0, "not begun");
            let given: Vec<_> = generator.by_ref().take(taken).collect();
            assert!(given.iter().copied().eq(0..taken.min(3)));
            settle();
            assert_eq!(steps.load(Ordering::SeqCst), taken.min(3), "never ahead");
            drop(generator);
            assert_eq!(alive(), 1);
        }
        let mut two = pull(1..=2);
        assert_eq!(
            (two.next(), two.next(), two.next(), two.next()),
            (Some(1), Some(2), None, None)
        );
        let mut broken = Generator::new(|giver| {
            giver.give(1);
            panic!("generator broke");
        });
        assert_eq!(broken.next(), Some(1));
        assert_eq!(panic_of(|| broken.next()), "generator broke");
        assert_eq!(broken.next(), None);
    });
}

#[test]
fn broadcasts_reach_all() {
    alone(|| {
        let news = Broadcast::new(1);
        assert_eq!(news.send(0), 0, "nobody listens");
        let listeners: Vec<_> = (0..100)
            .map(|_| {
                let subscription = news.subscribe();
                go(move || subscription.iter().collect::<Vec<_>>())
            })
            .collect();
        assert!((1..=5).all(|n| news.send(n) == 100));
        let slow = news.subscribe();
        settle();
        assert_eq!(news.try_send(6), 101);
        settle();
        assert_eq!(news.try_send(7), 100, "the slow one is passed over");
        let (soon, _cancel) = context::with_timeout(&background(), SECOND);
        assert_eq!(news.send_ctx(&soon, 8), Err(ContextError::DeadlineExceeded));
        drop(slow);
        assert_eq!((news.send_ctx(&background(), 9), news.subscribers()), (Ok(100), 100));
        drop(news);
        for listener in listeners {
            let heard = listener.join().unwrap();
            assert!(heard == [1, 2, 3, 4, 5, 6, 7, 8, 9], "{heard:?}");
        }
    });
}

#[test]
fn watchers_see_the_latest() {
    alone(|| {
        let watch = Watch::new(0);
        let mut seen = watch.seen();
        assert_eq!((watch.set(1), watch.set(2)), (0, 1));
        assert_eq!(watch.changed(&background(), &mut seen), Ok(2), "skips");
        let (soon, _cancel) = context::with_timeout(&background(), SECOND);
        assert_eq!(watch.changed(&soon, &mut seen), Err(ContextError::DeadlineExceeded));
        let watchers: Vec<_> = (0..100)
            .map(|_| {
                let (watch, mut seen) = (watch.clone(), seen);
                go(move || watch.changed(&background(), &mut seen))
            })
            .collect();
        settle();
        watch.set(3);
        watchers.into_iter().for_each(|watcher| assert_eq!(watcher.join().unwrap(), Ok(3)));
    });
}

#[test]
fn parallel_loops_touch_each_item_once() {
    alone(|| {
        for count in [0, 1, 2, 3, 100, 10_000] {
            let mut items: Vec<usize> = (0..count).collect();
            parallel::for_each_mut(&mut items, |index, item| {
                assert_eq!(index, *item);
                *item += 1;
            });
            assert!(items.iter().copied().eq(1..=count));
            let sum = AtomicUsize::new(0);
            parallel::for_each(&items, |n| _ = sum.fetch_add(*n, Ordering::Relaxed));
            parallel::for_each_of(items.iter(), |n| _ = sum.fetch_add(*n, Ordering::Relaxed));
            assert_eq!(sum.into_inner(), count * (count + 1));
            let texts = parallel::map(&items, usize::to_string);
            assert!(texts.into_iter().eq((1..=count).map(|n| n.to_string())));
            let doubled = parallel::map_of(items, |n| n * 2);
            assert!(doubled.into_iter().eq((1..=count).map(|n| n * 2)));
        }
    });
}

#[test]
fn panics_in_parallel_loops() {
    alone(|| {
        let (live, alive) = Live::new();
        let items: Vec<u32> = (0..1000).collect();
        let trip = |n: &u32| {
            assert_ne!(*n, 300, "three hundred");
            live.clone()
        };
        assert!(panic_of(|| parallel::map(&items, trip)).contains("three hundred"));
        assert!(
            panic_of(|| parallel::for_each(&items, |n| drop(trip(n)))).contains("three hundred")
        );
        let of = || parallel::for_each_of(items.iter(), |n| drop(trip(n)));
        assert!(panic_of(of).contains("three hundred"));
        let broken = items.iter().map(|n| if *n == 7 { panic!("the iterator") } else { n });
        assert_eq!(panic_of(|| parallel::for_each_of(broken, |_| ())), "the iterator");
        assert!(panic_of(|| parallel::map_of(&items, trip)).contains("three hundred"));
        assert_eq!(alive(), 1);
    });
}

#[test]
fn a_signal_as_an_arm() {
    alone(|| {
        let (ctx, cancel) = context::with_cancel(&background());
        let flow = gorge::patterns::generate(&ctx, 0..);
        let mut seen = 0;
        loop {
            select! {
                recv(flow.rx()) -> n => match n {
                    Ok(3) => _ = cancel.cancel(),
                    Ok(_) => seen += 1,
                    Err(_) => break,
                },
                timeout(Duration::from_secs(1)) => panic!("too late"),
            }
        }
        assert!(seen >= 3);
    });
}

#[test]
fn a_monitor_that_drops_its_own_last_handle_ends() {
    alone(|| {
        let (live, alive) = Live::new();
        let (hand_over, taken) = channel::<Monitor<(), ()>>(1);
        let monitor = Monitor::new(live, move |_, ()| drop(taken.recv().unwrap()));
        let (ctx, cancel) = context::with_cancel(&background());
        let asking = monitor.clone();
        let asker = go(move || asking.ask_ctx(&ctx, ()).is_err());
        settle(); // the owner answers, and waits for what it is to drop
        cancel.cancel();
        assert!(asker.join().unwrap());
        hand_over.send(monitor).unwrap();
        settle();
        assert_eq!(alive(), 0, "its value is gone, and so is it");
    });
}

#[test]
fn an_interval_of_nothing_is_refused() {
    alone(|| {
        let (heart, pulse) = heartbeat();
        let refused = "non-positive interval of a heart";
        let zero = Duration::ZERO;
        assert_eq!(panic_of(|| heart.recv(&background(), zero, &pulse)), refused);
        assert_eq!(panic_of(|| heart.sleep(&background(), zero, SECOND)), refused);
        assert_eq!(panic_of(|| supervise(&background(), zero, |_, _| ())), refused);
    });
}

#[test]
fn as_many_as_you_like_may_be_asked() {
    alone(|| {
        let ask = |_: &context::Context, n| if n == 200 { Ok(n) } else { Err(n) };
        assert_eq!(hedged(&background(), HOUR, usize::MAX, ask), Ok(Ok(200)));
        // More answers at once than anybody has looked at.
        let all = replicated(&background(), 500, |_, n| Err::<(), _>(n)).unwrap();
        assert_eq!(all.unwrap_err().errors.len(), 500);
    });
}
