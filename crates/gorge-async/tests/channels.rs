//! Channels in async code: in the same queues as goroutines, and without losing anything when a
//! future is dropped.

use std::collections::HashSet;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_core::Stream;
use futures_sink::Sink;
use gorge::future::{block_on, sink, stream};
use gorge::{TryRecvError, TrySendError, channel, go, time};

/// Polls once, with a waker that does nothing.
fn poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn a_waiting_future_is_a_receiver_like_any_other() {
    let (tx, rx) = channel(0);
    assert!(tx.try_send(1).is_err());
    let mut receiving = rx.recv_async();
    assert!(poll(&mut receiving).is_pending());
    tx.try_send(1).unwrap(); // somebody waits for it
    assert!(tx.try_send(2).is_err());
    assert_eq!(poll(&mut receiving), Poll::Ready(Ok(1)));
    let mut receiving = rx.recv_async();
    assert!(poll(&mut receiving).is_pending());
    drop(tx);
    assert!(matches!(poll(&mut receiving), Poll::Ready(Err(_))));
}

#[test]
fn a_waiting_future_is_a_sender_like_any_other() {
    let (tx, rx) = channel(1);
    let mut sending = tx.send_async(1);
    assert_eq!(poll(&mut sending), Poll::Ready(Ok(())));
    let mut sending = tx.send_async(2);
    assert!(poll(&mut sending).is_pending());
    assert_eq!(rx.try_recv(), Ok(1));
    assert_eq!(rx.len(), 1, "the waiting value took the place");
    assert_eq!(poll(&mut sending), Poll::Ready(Ok(())));
    let mut sending = tx.send_async(3);
    assert!(poll(&mut sending).is_pending());
    drop(rx);
    assert!(matches!(poll(&mut sending), Poll::Ready(Err(e)) if e.0 == 3));
}

#[test]
fn dropped_futures_leave_the_queue() {
    let (tx, rx) = channel(0);
    let mut receiving = rx.recv_async();
    assert!(poll(&mut receiving).is_pending());
    drop(receiving);
    assert!(matches!(tx.try_send(1), Err(TrySendError::Full(1))));
    let value = Arc::new(());
    let (tx, rx) = channel(0);
    let mut sending = tx.send_async(value.clone());
    assert!(poll(&mut sending).is_pending());
    drop(sending);
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(Arc::strong_count(&value), 1, "the value is dropped, once");
}

/// Serves a receiving future, and drops it; `then` finds the value in its place.
fn served_and_dropped(
    cap: usize,
    more: usize,
    then: impl FnOnce(&gorge::Sender<usize>, &gorge::Receiver<usize>),
) {
    let (tx, rx) = channel(cap);
    let mut receiving = rx.recv_async();
    assert!(poll(&mut receiving).is_pending());
    tx.try_send(1).unwrap();
    (2..2 + more).for_each(|n| tx.try_send(n).unwrap());
    drop(receiving);
    then(&tx, &rx);
    assert_eq!(rx.try_recv().ok(), None);
}

#[test]
fn what_a_dropped_future_was_given_is_received_next() {
    let all = |rx: &gorge::Receiver<usize>| rx.try_iter().collect::<Vec<_>>();
    served_and_dropped(0, 0, |tx, rx| {
        assert!(tx.try_send(9).is_err(), "nobody waits");
        assert_eq!(all(rx), [1]);
    });
    served_and_dropped(1, 0, |_, rx| assert_eq!((rx.len(), all(rx)), (1, vec![1])));
    served_and_dropped(1, 1, |tx, rx| {
        assert!(tx.try_send(9).is_err(), "full");
        assert_eq!(all(rx), [1, 2]);
        tx.try_send(3).unwrap();
        assert_eq!(all(rx), [3]);
    });
    served_and_dropped(3, 2, |_, rx| assert_eq!(all(rx), [1, 2, 3]));
    served_and_dropped(3, 3, |tx, rx| {
        assert_eq!(rx.try_recv(), Ok(1));
        assert!(tx.try_send(9).is_err(), "still full");
        assert_eq!(rx.try_recv(), Ok(2));
        tx.try_send(5).unwrap();
        assert_eq!(all(rx), [3, 4, 5]);
    });
    // Closing loses nothing.
    served_and_dropped(0, 0, |tx, rx| {
        tx.close();
        assert_eq!(all(rx), [1]);
        assert!(rx.is_closed() && rx.recv().is_err());
    });
    served_and_dropped(2, 2, |tx, rx| {
        tx.close();
        assert_eq!(all(rx), [1, 2, 3]);
    });
    // A receiver that waits gets it at once.
    let (tx, rx) = channel(0);
    let (mut first, mut second) = (rx.recv_async(), rx.recv_async());
    assert!(poll(&mut first).is_pending() && poll(&mut second).is_pending());
    tx.try_send(7).unwrap();
    drop(first);
    assert_eq!(poll(&mut second), Poll::Ready(Ok(7)));
}

#[test]
fn what_is_kept_is_dropped_with_the_channel() {
    let value = Arc::new(());
    for cap in 0..3 {
        let (tx, rx) = channel(cap);
        let mut receiving = rx.recv_async();
        assert!(poll(&mut receiving).is_pending());
        (0..=cap).for_each(|_| tx.try_send(value.clone()).unwrap());
        drop(receiving);
        assert_eq!(Arc::strong_count(&value), cap + 2);
        drop(rx);
        assert_eq!(Arc::strong_count(&value), 1);
        drop(tx);
    }
}

#[test]
fn nil_channels_never_happen() {
    assert!(poll(&mut gorge::Receiver::<u8>::nil().recv_async()).is_pending());
    assert!(poll(&mut gorge::Sender::nil().send_async(1)).is_pending());
}

#[gorge::test]
fn goroutines_and_futures_in_one_queue() {
    let (tx, rx) = channel(2);
    let received = Arc::new(AtomicUsize::new(0));
    gorge::scope(|s| {
        for n in 0..4 {
            let (tx, rx, received) = (tx.clone(), rx.clone(), received.clone());
            s.go(move || {
                for i in 0..500 {
                    if (i + n) % 2 == 0 {
                        tx.send(1).unwrap()
                    } else {
                        block_on(tx.send_async(1)).unwrap()
                    }
                }
            });
            s.go(move || {
                for i in 0..500 {
                    let one = if (i + n) % 3 == 0 { rx.recv() } else { block_on(rx.recv_async()) };
                    received.fetch_add(one.unwrap(), Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(received.load(Ordering::Relaxed), 2000);
}

#[gorge::test]
fn timers_tell_tasks() {
    let after = time::after(Duration::from_millis(1));
    assert!(block_on(after.recv_async()).is_ok());
    let ticks = time::tick(Duration::from_millis(1));
    let mut receiving = ticks.recv_async();
    let asked = poll(&mut receiving); // waits, unless a tick was quicker
    block_on(ticks.recv_async()).unwrap();
    drop((receiving, asked)); // served first, with a time that nobody wants now
    block_on(ticks.recv_async()).unwrap();
}

#[gorge::test]
fn streams_and_sinks() {
    let (tx, rx) = channel(1);
    let mut numbers = stream(rx);
    let sending = go(move || {
        let mut out = sink(tx);
        block_on(async {
            for n in 1..=100 {
                poll_fn(|cx| Pin::new(&mut out).poll_ready(cx)).await.unwrap();
                Pin::new(&mut out).start_send(n).unwrap();
            }
            poll_fn(|cx| Pin::new(&mut out).poll_close(cx)).await.unwrap();
        });
        Pin::new(&mut out).start_send(0).unwrap_err()
    });
    let mut sum = 0;
    block_on(async {
        while let Some(n) = poll_fn(|cx| pin!(&mut numbers).poll_next(cx)).await {
            sum += n;
        }
    });
    assert_eq!(sum, 5050);
    assert_eq!(sending.join().unwrap().into_inner(), 0);
    let (tx, rx) = channel(0);
    drop(rx);
    assert_eq!(Pin::new(&mut sink(tx)).start_send(3).unwrap_err().into_inner(), 3);
}

/// Receivers that change their minds at any moment, in tasks of tokio, lose nothing.
#[gorge::test]
fn dropped_at_any_moment() {
    let rounds = if std::env::var_os("GORGE_STRESS").is_some() { 100_000 } else { 3_000 };
    let tokio = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .unwrap();
    for cap in [0, 1, 3] {
        let (tx, rx) = channel(cap);
        let receivers: Vec<_> = (0..3)
            .map(|_| {
                let rx = rx.clone();
                tokio.spawn(async move {
                    let mut got = Vec::new();
                    loop {
                        let mut receiving = rx.recv_async();
                        let mut polls = 0;
                        // Polled twice at most, then dropped, whatever has come meanwhile.
                        let received = poll_fn(|cx| match Pin::new(&mut receiving).poll(cx) {
                            Poll::Ready(received) => Poll::Ready(Some(received)),
                            Poll::Pending if polls == 1 => Poll::Ready(None),
                            Poll::Pending => {
                                polls += 1;
                                cx.waker().wake_by_ref();
                                Poll::Pending
                            }
                        });
                        match received.await {
                            Some(Ok(n)) => got.push(n),
                            Some(Err(_)) => return got,
                            None => drop(receiving),
                        }
                        tokio::task::yield_now().await;
                    }
                })
            })
            .collect();
        drop(rx);
        (0..rounds).for_each(|n| tx.send(n).unwrap());
        drop(tx);
        let all: Vec<_> = receivers.into_iter().flat_map(|task| block_on(task).unwrap()).collect();
        assert_eq!(all.len(), rounds);
        assert_eq!(all.into_iter().collect::<HashSet<_>>().len(), rounds);
    }
}
