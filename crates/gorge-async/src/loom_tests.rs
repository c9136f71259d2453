//! The bell in every interleaving: no wake is lost, nobody is woken twice for one wait.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use gorge_base::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use gorge_base::sync::{Mutex, model_up_to, thread};

use crate::{FutureExt, block_on};

/// Finishes after it was told to so many times.
struct Told {
    times: AtomicU32,
    waker: Mutex<Option<Waker>>,
}

impl Told {
    fn new() -> Arc<Told> {
        Arc::new(Told { times: AtomicU32::new(0), waker: Mutex::new(None) })
    }

    fn tell(&self) {
        self.times.fetch_add(1, Ordering::AcqRel);
        // Woken outside of the lock, as futures do.
        let waker = self.waker.lock().unwrap().take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

struct Times<'a>(&'a Told, u32);

impl Future for Times<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        *self.0.waker.lock().unwrap() = Some(cx.waker().clone());
        match self.0.times.load(Ordering::Acquire) >= self.1 {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }
}

#[test]
fn one_wake() {
    model_up_to(3, || {
        let told = Told::new();
        let other = {
            let told = told.clone();
            thread::spawn(move || told.tell())
        };
        block_on(Times(&told, 1));
        other.join().unwrap();
    });
}

#[test]
fn two_wakes_at_once() {
    model_up_to(2, || {
        let told = Told::new();
        let others: Vec<_> = (0..2)
            .map(|_| {
                let told = told.clone();
                thread::spawn(move || told.tell())
            })
            .collect();
        block_on(Times(&told, 2));
        for other in others {
            other.join().unwrap();
        }
    });
}

/// Wakes itself once, while another wakes it too.
struct Eager<'a>(&'a Told, bool);

impl Future for Eager<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if !std::mem::replace(&mut self.1, true) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Pin::new(&mut Times(self.0, 1)).poll(cx)
    }
}

#[test]
fn a_future_that_wakes_itself() {
    model_up_to(3, || {
        let told = Told::new();
        let other = {
            let told = told.clone();
            thread::spawn(move || told.tell())
        };
        block_on(Eager(&told, false));
        other.join().unwrap();
    });
}

#[test]
fn false_alarms_in_a_select() {
    model_up_to(2, || {
        let told = Told::new();
        let (tx, rx) = gorge_sync::chan::channel(1);
        let passed = Arc::new(AtomicBool::new(false));
        let other = {
            let (told, passed) = (told.clone(), passed.clone());
            thread::spawn(move || {
                told.tell(); // a false alarm: twice is wanted
                passed.store(true, Ordering::Release);
                tx.send(1).unwrap();
            })
        };
        let mut arm = Times(&told, 2).arm();
        let mut select = gorge_sync::select::Select::biased();
        select.on(&mut arm, |()| 0);
        select.recv(&rx, |received| received.unwrap());
        assert_eq!(select.wait(), (1, 1));
        assert!(passed.load(Ordering::Acquire));
        drop(select);
        other.join().unwrap();
    });
}

/// Values that count their ends.
struct Counted(Arc<std::sync::atomic::AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }
}

#[test]
fn receiving_against_sending() {
    for cap in 0..2 {
        model_up_to(2, move || {
            let (tx, rx) = gorge_sync::chan::channel(cap);
            let other = thread::spawn(move || {
                block_on(tx.send_async(1)).unwrap();
                block_on(tx.send_async(2)).unwrap();
            });
            assert_eq!(block_on(rx.recv_async()), Ok(1));
            assert_eq!(rx.recv(), Ok(2));
            assert!(block_on(rx.recv_async()).is_err());
            other.join().unwrap();
        });
    }
}

#[test]
fn a_receiving_future_dropped_while_it_is_served() {
    for cap in 0..2 {
        model_up_to(2, move || {
            let ended = Arc::default();
            let (tx, rx) = gorge_sync::chan::channel(cap);
            let value = Counted(Arc::clone(&ended));
            let other = thread::spawn(move || tx.send(value).is_ok());
            let mut receiving = rx.recv_async();
            let first = Pin::new(&mut receiving).poll(&mut Context::from_waker(Waker::noop()));
            drop(receiving);
            // Whenever that was, the value comes, once.
            match first {
                Poll::Ready(received) => drop(received.ok().expect("it is sent")),
                Poll::Pending => drop(rx.recv().ok().expect("it is sent")),
            }
            assert!(other.join().unwrap());
            assert!(rx.recv().is_err());
            assert_eq!(ended.load(std::sync::atomic::Ordering::Relaxed), 1);
        });
    }
}

#[test]
fn a_sending_future_dropped_while_it_is_served() {
    for cap in 0..2 {
        model_up_to(2, move || {
            let ended = Arc::default();
            let (tx, rx) = gorge_sync::chan::channel(cap);
            let other = thread::spawn(move || rx.iter().count());
            for _ in 0..2 {
                let mut sending = tx.send_async(Counted(Arc::clone(&ended)));
                let _ = Pin::new(&mut sending).poll(&mut Context::from_waker(Waker::noop()));
            }
            drop(tx);
            let received = other.join().unwrap();
            assert!(received <= 2);
            assert_eq!(ended.load(std::sync::atomic::Ordering::Relaxed), 2);
        });
    }
}

#[test]
fn two_receive_and_one_leaves() {
    model_up_to(2, || {
        let (tx, rx) = gorge_sync::chan::channel(0);
        let other = {
            let rx = rx.clone();
            thread::spawn(move || block_on(rx.recv_async()).ok())
        };
        let mut receiving = rx.recv_async();
        let first = Pin::new(&mut receiving).poll(&mut Context::from_waker(Waker::noop()));
        assert!(first.is_pending());
        let sending = thread::spawn(move || (tx.send(1), tx));
        drop(receiving);
        drop(rx);
        assert_eq!(other.join().unwrap(), Some(1));
        assert!(sending.join().unwrap().0.is_ok());
    });
}

#[test]
fn futures_dropped_while_the_channel_is_closed() {
    for cap in 0..2 {
        model_up_to(2, move || {
            let ended = Arc::default();
            let (tx, rx) = gorge_sync::chan::channel(cap);
            let mut receiving = rx.recv_async();
            let first = Pin::new(&mut receiving).poll(&mut Context::from_waker(Waker::noop()));
            assert!(first.is_pending());
            let other = {
                let value = Counted(Arc::clone(&ended));
                let tx = tx.clone();
                thread::spawn(move || drop(tx.send(value)))
            };
            let closing = thread::spawn(move || tx.close());
            drop(receiving);
            other.join().unwrap();
            closing.join().unwrap();
            drop(rx);
            assert_eq!(ended.load(std::sync::atomic::Ordering::Relaxed), 1);
        });
    }
}

#[test]
fn a_sending_future_dropped_while_the_channel_is_closed() {
    model_up_to(3, || {
        let ended = Arc::default();
        let (tx, rx) = gorge_sync::chan::channel(0);
        let mut sending = tx.send_async(Counted(Arc::clone(&ended)));
        let first = Pin::new(&mut sending).poll(&mut Context::from_waker(Waker::noop()));
        assert!(first.is_pending());
        let other = thread::spawn(move || drop(rx));
        drop(sending);
        other.join().unwrap();
        assert_eq!(ended.load(std::sync::atomic::Ordering::Relaxed), 1);
    });
}

#[test]
fn waiting_for_a_lock_and_giving_up() {
    use gorge_sync::sync::Event;

    model_up_to(2, || {
        let event = gorge_base::sync::Arc::new(Event::auto());
        let other = {
            let event = event.clone();
            thread::spawn(move || event.set())
        };
        let mut waiting = Box::pin(crate::when(event.waiting()));
        let happened = waiting.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready();
        drop(waiting);
        other.join().unwrap();
        // Served, it was told and dropped; else the flag stays up for the next.
        let _ = happened || event.try_wait();
        event.set();
        block_on(crate::when(event.waiting()));
    });
}
