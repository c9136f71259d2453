//! Futures that are waited for: from goroutines and threads, in selects, in vain.

use std::future::{pending, poll_fn, ready};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::time::Duration;

use gorge::future::{Elapsed, FutureExt, block_on};
use gorge::{channel, context, go, select, sync::Event};

/// A future that finishes with what it is told.
#[derive(Clone, Default)]
struct Promise(Arc<Mutex<(Option<u32>, Option<Waker>)>>);

impl Promise {
    fn keep(&self, value: u32) {
        let waker = {
            let mut inside = self.0.lock().unwrap();
            inside.0 = Some(value);
            inside.1.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Wakes, and has nothing.
    fn false_alarm(&self) {
        if let Some(waker) = &self.0.lock().unwrap().1 {
            waker.wake_by_ref();
        }
    }

    fn is_awaited(&self) -> bool {
        self.0.lock().unwrap().1.is_some()
    }

    fn kept(&self) -> impl Future<Output = u32> + Unpin + use<> {
        let promise = self.clone();
        poll_fn(move |cx| {
            let mut inside = promise.0.lock().unwrap();
            match inside.0 {
                Some(value) => Poll::Ready(value),
                None => {
                    inside.1 = Some(cx.waker().clone());
                    Poll::Pending
                }
            }
        })
    }
}

#[gorge::test]
fn from_a_goroutine_woken_by_a_goroutine() {
    let promise = Promise::default();
    let kept = promise.kept();
    let waiting = go(move || kept.wait());
    while !promise.is_awaited() {
        gorge::runtime::gosched();
    }
    promise.false_alarm();
    promise.keep(7);
    assert_eq!(waiting.join().unwrap(), 7);
}

#[test]
fn from_a_thread_woken_by_a_thread() {
    let promise = Promise::default();
    let keeper = std::thread::spawn({
        let promise = promise.clone();
        move || promise.keep(8)
    });
    assert_eq!(promise.kept().wait(), 8);
    keeper.join().unwrap();
}

#[gorge::test]
fn a_future_that_wakes_itself_is_polled_again() {
    let mut left = 1000;
    let counted = poll_fn(|cx| {
        left -= 1;
        if left == 0 {
            return Poll::Ready("done");
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    });
    assert_eq!(block_on(counted), "done");
}

#[gorge::test]
fn wakers_outlive_the_wait() {
    let promise = Promise::default();
    let kept = Arc::new(Mutex::new(None));
    let seen = kept.clone();
    let mut inner = promise.kept();
    promise.keep(1);
    let got = poll_fn(move |cx| {
        *seen.lock().unwrap() = Some(cx.waker().clone());
        pin!(&mut inner).poll(cx)
    })
    .wait();
    assert_eq!(got, 1);
    kept.lock().unwrap().take().unwrap().wake(); // nobody is there, and nothing happens
}

#[gorge::test]
fn in_time_and_too_late() {
    let none: Result<(), _> = pending().wait_timeout(Duration::from_millis(1));
    assert_eq!(none, Err(Elapsed));
    assert_eq!(ready(3).wait_timeout(Duration::ZERO), Ok(3), "what is there is there");

    let promise = Promise::default();
    let mut kept = promise.kept();
    assert_eq!((&mut kept).wait_timeout(Duration::from_millis(1)), Err(Elapsed));
    promise.keep(5);
    assert_eq!(kept.wait(), 5, "it can be waited for again");
}

#[gorge::test]
fn an_arm_goes_on_in_the_next_select() {
    let promise = Promise::default();
    let (tx, rx) = channel(0);
    let mut kept = promise.kept().arm();
    let sending = go(move || {
        tx.send("first").unwrap();
        tx
    });
    select! {
        on(&mut kept) -> _ => panic!("nobody kept it"),
        recv(rx) -> word => assert_eq!(word, Ok("first")),
    }
    assert!(!kept.is_finished());
    let keeping = go({
        let promise = promise.clone();
        move || {
            for _ in 0..10 {
                promise.false_alarm();
                gorge::runtime::gosched();
            }
            promise.keep(9);
        }
    });
    let got = select! {
        on(&mut kept) -> n => n,
        recv(rx) -> _ => panic!("nothing more is sent"),
    };
    assert_eq!(got, 9);
    // Afterwards it never happens.
    select! {
        on(&mut kept) -> _ => panic!("twice"),
        default => {}
    }
    assert!(kept.is_finished() && kept.into_inner().is_none());
    keeping.join().unwrap();
    drop(sending.join().unwrap());
}

#[gorge::test]
fn with_a_context() {
    let (ctx, cancel) = context::with_cancel(&context::background());
    let promise = Promise::default();
    let mut kept = promise.kept().arm();
    let waiting = go(move || {
        let ended = ctx.wait_for(&mut kept);
        (ended, kept)
    });
    while !promise.is_awaited() {
        gorge::runtime::gosched();
    }
    cancel.cancel();
    let (ended, kept) = waiting.join().unwrap();
    assert_eq!(ended, Err(context::ContextError::Canceled));
    promise.keep(4);
    assert_eq!(kept.into_inner().unwrap().wait(), 4);
}

#[gorge::test]
fn a_panic_of_the_future_goes_on_in_the_waiter() {
    let boom = || poll_fn(|_| -> Poll<()> { panic!("boom") });
    let error = go(move || boom().wait()).join().unwrap_err();
    assert_eq!(error.message(), Some("boom"));
    let error = go(move || {
        let (_tx, rx) = channel::<()>(0);
        select! { on(boom().arm()) => {}, recv(rx) -> _ => {} }
    });
    assert_eq!(error.join().unwrap_err().message(), Some("boom"));
}

#[gorge::test]
fn the_end_of_a_goroutine_is_a_future() {
    let joined = block_on(async {
        let a = go(|| 40);
        let b = go(|| 2);
        a.await.unwrap() + b.await.unwrap()
    });
    assert_eq!(joined, 42);
    let error = block_on(go(|| -> u8 { panic!("no") })).unwrap_err();
    assert_eq!(error.message(), Some("no"));

    // Dropped, the goroutine goes on.
    static WENT_ON: Event = Event::manual();
    static LET_GO: Event = Event::manual();
    drop(
        go(|| {
            LET_GO.wait();
            WENT_ON.set();
        })
        .into_future(),
    );
    LET_GO.set();
    WENT_ON.wait();
}

/// Many wakers at once, from goroutines and threads, for about a second (a minute with `GORGE_STRESS`).
#[gorge::test]
fn no_wake_is_lost() {
    let rounds = if std::env::var_os("GORGE_STRESS").is_some() { 200_000 } else { 4_000 };
    let stop = Arc::new(AtomicBool::new(false));
    let promises: Arc<[Mutex<Promise>; 4]> = Arc::default();
    let noise: Vec<_> = (0..2)
        .map(|n| {
            let (stop, promises) = (stop.clone(), promises.clone());
            std::thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    promises[n].lock().unwrap().clone().false_alarm();
                    promises[n + 2].lock().unwrap().clone().false_alarm();
                    std::thread::yield_now();
                }
            })
        })
        .collect();
    let sum = Arc::new(AtomicU32::new(0));
    gorge::scope(|s| {
        for place in promises.iter() {
            let sum = &sum;
            s.go(move || {
                for round in 0..rounds {
                    let promise = Promise::default();
                    *place.lock().unwrap() = promise.clone();
                    let kept = promise.kept();
                    let keeper = go(move || promise.keep(1));
                    let got = if round % 2 == 0 {
                        kept.wait()
                    } else {
                        select! { on(kept.arm()) -> n => n, timeout(Duration::from_secs(60)) => 0 }
                    };
                    sum.fetch_add(got, Ordering::Relaxed);
                    keeper.join().unwrap();
                }
            });
        }
    });
    stop.store(true, Ordering::Relaxed);
    noise.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(sum.load(Ordering::Relaxed), 4 * rounds);
}
