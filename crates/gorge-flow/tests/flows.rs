//! Pipelines and combinators: what comes out, and that nothing stays behind, wherever one stops.

mod alone;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use alone::{HOUR, Live, SECOND, alone, panic_of, settle};
use gorge::context::{self, Context, background};
use gorge::patterns::{
    Flow, SizeError, as_they_come, bridge, fan_out, generate, in_order, merge, or_channel, or_done,
    stage, tee,
};
use gorge::{Receiver, channel, time};

/// A pipeline with every kind of part; each value drags a `Live` along.
fn everything(ctx: &Context, live: &Live) -> Flow<(u32, Live)> {
    let live = live.clone();
    let numbers = generate(ctx, (1..=20).map(move |n| (n, live.clone())));
    let (left, right) = tee(ctx, numbers);
    let left = stage(ctx, left, |(n, live)| (n + 1, live));
    let right = merge(ctx, fan_out(ctx, right, 3, |(n, live)| (n * 100, live)).unwrap());
    let both = merge(ctx, [left, right]);
    let ordered = in_order(ctx, 2, both, |it| it).unwrap();
    let loose = as_they_come(ctx, 2, ordered, |it| it).unwrap();
    let (tx, rx) = channel(1);
    tx.send(loose).unwrap();
    drop(tx);
    bridge(ctx, rx)
}

#[test]
fn every_value_comes_out_once() {
    alone(|| {
        let (live, alive) = Live::new();
        let mut seen: Vec<u32> =
            everything(&background(), &live).into_iter().map(|v| v.0).collect();
        seen.sort();
        let mut wanted: Vec<u32> = (2..=21).chain((1..=20).map(|n| n * 100)).collect();
        wanted.sort();
        assert_eq!((seen, alive()), (wanted, 1));
    });
}

#[test]
fn dropped_after_any_number_of_values_nothing_stays() {
    for taken in 0..=40 {
        alone(|| {
            let (live, alive) = Live::new();
            let flow = everything(&background(), &live);
            assert_eq!(flow.iter().take(taken).count(), taken);
            drop(flow);
            assert_eq!(alive(), 1, "after {taken}");
        });
    }
}

#[test]
fn cancelled_after_any_number_of_values_it_ends() {
    for taken in 0..=40 {
        alone(|| {
            let (live, alive) = Live::new();
            let (ctx, cancel) = context::with_cancel(&background());
            let flow = everything(&ctx, &live);
            assert_eq!(flow.iter().take(taken).count(), taken);
            cancel.cancel();
            // A few that were on their way may still come.
            assert!(flow.iter().count() <= 40 - taken);
            drop(flow);
            assert_eq!((alive(), ctx.num_children()), (1, 0), "after {taken}");
        });
    }
}

#[test]
fn stages_keep_the_order() {
    alone(|| {
        let ctx = background();
        let doubled = stage(&ctx, generate(&ctx, 1..=1000), |n| n * 2);
        let flow = stage(&ctx, doubled, |n| n + 1);
        assert!(flow.into_iter().eq((1..=1000).map(|n| n * 2 + 1)));
        let slow_first = |n: u32| {
            time::sleep((10 - n) * SECOND);
            n
        };
        let start = time::now();
        let flow = in_order(&ctx, 10, 0..10, slow_first).unwrap();
        assert!(flow.into_iter().eq(0..10));
        assert_eq!(start.elapsed(), 10 * SECOND);
        let flow = as_they_come(&ctx, 10, 0..10, slow_first).unwrap();
        assert!(flow.into_iter().eq((0..10).rev()));
    });
}

#[test]
fn no_more_than_the_workers_at_work() {
    alone(|| {
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        for ordered in [false, true] {
            let (now, most_now) = (now.clone(), most.clone());
            let work = move |n: u32| {
                most_now.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                time::sleep(SECOND);
                now.fetch_sub(1, Ordering::SeqCst);
                n
            };
            let ctx = background();
            let flow = match ordered {
                true => in_order(&ctx, 3, 0..9, work),
                false => as_they_come(&ctx, 3, 0..9, work),
            };
            assert_eq!(flow.unwrap().into_iter().sum::<u32>(), 36);
        }
        assert_eq!(most.load(Ordering::SeqCst), 3);
        let none = |_: u32| ();
        assert_eq!(in_order(&background(), 0, 0..9, none).unwrap_err(), SizeError);
        assert_eq!(as_they_come(&background(), 0, 0..9, none).unwrap_err(), SizeError);
        let error = fan_out(&background(), generate(&background(), 0..9), 0, none).unwrap_err();
        assert_eq!(error.to_string(), "size value too small");
    });
}

#[test]
fn a_panic_goes_on_in_the_consumer() {
    alone(|| {
        let (live, alive) = Live::new();
        let ctx = background();
        let source = || {
            let live = live.clone();
            generate(&ctx, (1..=10).map(move |n| (n, live.clone())))
        };
        let trip = |(n, live): (u32, Live)| {
            assert_ne!(n, 5, "five");
            (n, live)
        };
        let flows = [
            stage(&ctx, stage(&ctx, source(), trip), |it| it),
            merge(&ctx, fan_out(&ctx, source(), 2, trip).unwrap()),
            in_order(&ctx, 2, source(), trip).unwrap(),
            as_they_come(&ctx, 2, source(), trip).unwrap(),
            bridge(&ctx, generate(&ctx, [stage(&ctx, source(), trip)])),
        ];
        for flow in flows {
            let text = panic_of(|| flow.into_iter().for_each(drop));
            assert!(text.contains("five"), "{text}");
        }
        let (left, right) = tee(&ctx, stage(&ctx, source(), trip));
        let text = panic_of(move || left.into_iter().for_each(|_| drop(right.recv())));
        assert!(text.contains("five"), "{text}");
        // Also where nobody receives as far.
        let flow = stage(&ctx, source(), trip);
        assert_eq!(flow.iter().take(4).count(), 4);
        settle();
        assert!(panic_of(move || drop(flow)).contains("five"));
        assert_eq!(alive(), 1);
    });
}

#[test]
fn or_done_and_or_channel() {
    alone(|| {
        let start = time::now();
        let (ctx, _cancel) = context::with_timeout(&background(), 5 * SECOND / 2);
        let ticks = time::Ticker::new(SECOND);
        assert_eq!(or_done(&ctx, ticks.chan()).count(), 2);
        drop(ticks);

        let signals = [7200, 5, 3600].map(|n| time::after(n * SECOND));
        assert!(or_channel(&background(), signals).recv().is_err());
        assert_eq!(start.elapsed(), 15 * SECOND / 2);
        let (ctx, cancel) = context::with_cancel(&background());
        let any = or_channel(&ctx, [Receiver::<u32>::nil()]);
        settle();
        assert!(!any.rx().is_closed());
        cancel.cancel();
        assert!(any.recv().is_err());
        drop(or_channel(&background(), [time::after(HOUR)]));
    });
}

#[test]
fn one_side_of_a_tee_goes_on_alone() {
    alone(|| {
        let ctx = background();
        let (left, right) = tee(&ctx, generate(&ctx, 1..=10));
        assert_eq!((left.recv(), right.recv()), (Ok(1), Ok(1)));
        drop(left);
        assert!(right.into_iter().eq(2..=10));
        let text = panic_of(|| {
            let _flow = generate(&ctx, 0..);
            panic!("the consumer's own")
        });
        assert_eq!(text, "the consumer's own");
    });
}
