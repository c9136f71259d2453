use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::time::Duration;

use gorge_sched::{Place, WaitReason};

use super::Condvar;
use crate::select::Selectable;
use crate::sync::Mutex;
use crate::sync::stress::together;
use crate::time::Instant;
use crate::wait::{Lock, Outcome, Queue, Waiter};

/// Values go through a place for one; whoever waits does so for a short, a
/// random, or an unlimited time. A signal that is lost stops it all.
#[test]
fn no_signal_is_lost() {
    struct Place {
        value: Option<u64>,
        put: u64,
        taken: u64,
    }
    let place = Mutex::new(Place { value: None, put: 0, taken: 0 });
    let (filled, emptied) = (Condvar::new(), Condvar::new());
    let wait = |condvar: &Condvar, place: &mut _, n: usize| {
        if n < 4 {
            condvar.wait(place);
        } else {
            let nanos = u64::from(gorge_sched::random() >> 14);
            condvar.wait_timeout(place, Duration::from_nanos(nanos));
        }
    };
    // Each turn puts and takes one value, so nobody waits when all have ended.
    together(6, 2, |n| {
        let put = || {
            let mut place = place.lock();
            while place.value.is_some() {
                wait(&emptied, &mut place, n);
            }
            place.put += 1;
            place.value = Some(place.put);
            filled.signal();
        };
        let take = || {
            let mut place = place.lock();
            while place.value.is_none() {
                wait(&filled, &mut place, n);
            }
            place.taken += 1;
            assert_eq!(place.value.take(), Some(place.taken));
            emptied.signal();
        };
        put();
        take();
    });
    let place = place.into_inner();
    assert_eq!((place.value, place.put), (None, place.taken));
    assert_eq!(format!("{filled:?}"), "Condvar { waiting: 0 }");
}

#[test]
fn signals_go_in_the_order_of_arrival() {
    let (order, condvar) = (Mutex::new((0, vec![])), Condvar::new());
    gorge_sched::scope(|s| {
        for n in 0..5 {
            let (order, condvar) = (&order, &condvar);
            s.go(move || {
                let mut guard = order.lock();
                guard.0 += 1;
                condvar.wait(&mut guard);
                guard.1.push(n);
            });
            while order.lock().0 == n {
                gorge_sched::gosched();
            }
        }
        for n in 0..5 {
            condvar.signal();
            while order.lock().1.len() == n {
                gorge_sched::gosched();
            }
        }
    });
    assert_eq!(order.into_inner().1, [0, 1, 2, 3, 4]);
}

#[test]
fn broadcast_lets_all_go() {
    let (state, condvar) = (Mutex::new((0, false)), Condvar::new());
    gorge_sched::scope(|s| {
        for _ in 0..10 {
            s.go(|| {
                let mut state = state.lock();
                state.0 += 1;
                condvar.wait_while(&mut state, |state| !state.1);
                state.0 -= 1;
            });
        }
        while state.lock().0 < 10 {
            gorge_sched::gosched();
        }
        state.lock().1 = true;
        condvar.broadcast();
    });
    assert_eq!(state.into_inner().0, 0);
}

#[test]
fn a_wait_ends_in_time() {
    let (mutex, condvar) = (Mutex::new(0), Condvar::new());
    let mut guard = mutex.lock();
    let start = Instant::now();
    let limit = Duration::from_millis(5);
    assert!(condvar.wait_timeout(&mut guard, limit).timed_out());
    assert!(start.elapsed() >= limit);
    assert!(condvar.wait_while_until(&mut guard, start, |n| *n == 0).timed_out());
    assert!(!condvar.wait_while_until(&mut guard, start, |n| *n == 1).timed_out());
    assert!(mutex.try_lock().is_none());
    condvar.signal(); // to nobody
}

/// An arm of somebody else, which panics.
struct Broken;

// SAFETY: it is never enlisted.
unsafe impl Selectable for Broken {
    type Output = ();

    fn is_ready(&self) -> bool {
        true
    }

    fn try_now(&mut self) -> Option<()> {
        panic!("broken")
    }

    unsafe fn enlist(&mut self, _: NonNull<Waiter>) -> bool {
        false
    }

    unsafe fn withdraw(&mut self, _: NonNull<Waiter>) {}

    unsafe fn complete(&mut self, _: NonNull<Waiter>) {}

    fn wait_reason(&self) -> WaitReason {
        WaitReason::Select
    }
}

#[test]
fn the_panic_of_another_arm_leaves_nothing_behind() {
    let (mutex, condvar) = (Mutex::new(0), Condvar::new());
    let mut guard = mutex.lock();
    let wait = AssertUnwindSafe(|| condvar.wait_unless(&mut guard, Broken));
    let payload = catch_unwind(wait).unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&"broken"));
    assert!(mutex.try_lock().is_none(), "the guard has it again");
    assert_eq!(format!("{condvar:?}"), "Condvar { waiting: 0 }");
    *guard += 1;
    drop(guard);
    assert_eq!(*mutex.lock(), 1);
}

/// Whoever waits for it is woken for nothing.
struct Bell {
    lock: Lock,
    queue: Queue,
}

// SAFETY: the queue is used under the lock only.
unsafe impl Sync for Bell {}

struct Ringing<'a>(&'a Bell);

// SAFETY: who is enlisted under the lock is served once, or withdrawn under it.
unsafe impl Selectable for Ringing<'_> {
    type Output = ();

    fn is_ready(&self) -> bool {
        false
    }

    fn try_now(&mut self) -> Option<()> {
        None
    }

    unsafe fn enlist(&mut self, waiter: NonNull<Waiter>) -> bool {
        let _held = self.0.lock.lock();
        // SAFETY: the lock is held; the rest is the caller's promise.
        unsafe { self.0.queue.push(waiter) };
        true
    }

    unsafe fn withdraw(&mut self, waiter: NonNull<Waiter>) {
        let _held = self.0.lock.lock();
        // SAFETY: as above.
        unsafe { self.0.queue.withdraw(waiter) };
    }

    fn is_false_alarm(&mut self) -> bool {
        true
    }

    unsafe fn complete(&mut self, _: NonNull<Waiter>) {}
}

#[test]
fn a_signal_to_one_who_is_woken_for_nothing_is_not_lost() {
    let (mutex, condvar) = (Mutex::new(()), Condvar::new());
    let bell = Bell { lock: Lock::new(), queue: Queue::new() };
    gorge_sched::scope(|s| {
        let waits = s.go(|| condvar.wait_unless(&mut mutex.lock(), Ringing(&bell)).is_none());
        while bell.queue.is_empty() {
            gorge_sched::gosched();
        }
        // SAFETY: the lock is held; who was popped is won, and woken below.
        let rung = unsafe {
            let _held = bell.lock.lock();
            bell.queue.pop().expect("it waits, in both queues")
        };
        condvar.signal(); // before it can begin anew
        // SAFETY: won above, and the queue is nobody else's.
        unsafe { Waiter::settle(rung, Outcome::Done) }.wake(Place::Next);
        assert!(waits.join().unwrap(), "signalled");
    });
}
