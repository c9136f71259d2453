//! Something of one's own that can be selected over: an event that happens once.
//!
//! Also the model of how the layers above make arms of what they have.

use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use gorge::select::Select;
use gorge::{channel, go, select};
use gorge_sched::Place;
use gorge_sync::select::Selectable;
use gorge_sync::wait::{Outcome, Queue, Waiter};

use crate::waiting::{named, waits};

/// Happens once, for everybody who waits.
#[derive(Default)]
struct Event {
    happened: AtomicBool,
    waiters: Mutex<Waiters>,
}

#[derive(Default)]
struct Waiters(Queue);

// SAFETY: the queue is used under the mutex.
unsafe impl Send for Waiters {}

impl Event {
    fn happen(&self) {
        let mut wakers = Vec::new();
        let waiters = self.waiters.lock().unwrap();
        self.happened.store(true, Ordering::Relaxed);
        // SAFETY: the lock is held; each was won.
        unsafe {
            while let Some(waiter) = waiters.0.pop() {
                wakers.push(Waiter::settle(waiter, Outcome::Done));
            }
        }
        drop(waiters);
        wakers.into_iter().for_each(|waker| waker.wake(Place::Tail));
    }
}

/// Waiting for an [`Event`].
struct Happening<'a>(&'a Event);

// SAFETY: looking and enlisting happen under the same lock, as do winning and
// withdrawing; nothing parks or runs other code.
unsafe impl Selectable for Happening<'_> {
    type Output = &'static str;

    fn is_ready(&self) -> bool {
        self.0.happened.load(Ordering::Relaxed)
    }

    fn try_now(&mut self) -> Option<&'static str> {
        let _lock = self.0.waiters.lock().unwrap();
        self.is_ready().then_some("at once")
    }

    unsafe fn enlist(&mut self, waiter: NonNull<Waiter>) -> bool {
        let waiters = self.0.waiters.lock().unwrap();
        let enlist = !self.is_ready();
        if enlist {
            // SAFETY: the lock is held, and the waiter stays.
            unsafe { waiters.0.push(waiter) };
        }
        enlist
    }

    unsafe fn withdraw(&mut self, waiter: NonNull<Waiter>) {
        // SAFETY: the lock is held.
        unsafe { self.0.waiters.lock().unwrap().0.withdraw(waiter) };
    }

    unsafe fn complete(&mut self, _: NonNull<Waiter>) -> &'static str {
        "after waiting"
    }
}

#[gorge::test]
fn beside_channels() {
    let event = Event::default();
    let (tx, rx) = channel(1);
    tx.send(1).unwrap();
    select! {
        on(Happening(&event)) => panic!("it has not happened"),
        recv(rx) -> n => assert_eq!(n, Ok(1)),
    }
    event.happen();
    select! {
        on(Happening(&event)) -> when => assert_eq!(when, "at once"),
        recv(rx) => panic!("empty"),
    }
    select! {
        on(Happening(&event)), if false => panic!("switched off"),
        on(None::<Happening<'_>>) => panic!("none"),
        default => {}
    }
    let mut select = Select::new();
    select.on(Happening(&event), |when| when);
    assert_eq!(select.wait(), (0, "at once"));
    assert_eq!(select.try_wait(), None, "it happens once");
}

#[gorge::test]
fn after_waiting() {
    let event = Arc::new(Event::default());
    let waiting: Vec<_> = (0..10)
        .map(|n| {
            let name = format!("foreign {n}");
            let event = event.clone();
            let waiting = named(&name, move || {
                let (_tx, rx) = channel::<u8>(0);
                select! {
                    recv(rx) => "never",
                    on(Happening(&event)) -> when => when,
                }
            });
            waits(&name);
            waiting
        })
        .collect();
    event.happen();
    for waiting in waiting {
        assert_eq!(waiting.join().unwrap(), "after waiting");
    }
}

#[gorge::test]
fn a_race_between_an_event_and_a_channel() {
    for _ in 0..500 {
        let event = Arc::new(Event::default());
        let (tx, rx) = channel(0);
        let happening = go({
            let event = event.clone();
            move || event.happen()
        });
        let sending = go(move || tx.send(1).is_ok());
        let received = select! {
            on(Happening(&event)) => false,
            recv(rx) -> n => n.is_ok(),
        };
        drop(rx);
        happening.join().unwrap();
        assert_eq!(sending.join().unwrap(), received);
        assert!(event.waiters.lock().unwrap().0.is_empty());
    }
}
