//! Whether a waiter that is no goroutine was served, and whom to wake when it is.
//!
//! Invariant: it is told once, and wakes who asked last; no waker is cloned, woken or dropped under the lock,
//! since wakers are foreign code.

use std::task::{Context, Poll, Waker};

use gorge_base::Backoff;
use gorge_base::sync::Mutex;

/// What a future waits for beside its place in a queue.
#[derive(Debug)]
pub(crate) struct Told(Mutex<State>);

#[derive(Debug)]
enum State {
    /// Not yet; whom to wake then.
    NotYet(Waker),
    Already,
}

const NO_PANIC: &str = "nothing panics under this lock";

impl Told {
    /// Not told yet; the task of `waker` will be woken.
    pub(crate) fn not_yet(waker: Waker) -> Told {
        Told(Mutex::new(State::NotYet(waker)))
    }

    /// Ready once it was told; until then the task of `cx` will be woken.
    pub(crate) fn poll(&self, cx: &Context<'_>) -> Poll<()> {
        let waker = cx.waker().clone();
        let before = match &mut *self.0.lock().expect(NO_PANIC) {
            State::Already => return Poll::Ready(()),
            State::NotYet(place) => std::mem::replace(place, waker),
        };
        drop(before);
        Poll::Pending
    }

    /// Says so; gives back whom to wake.
    #[must_use = "somebody waits to be woken"]
    pub(crate) fn tell(&self) -> Option<Waker> {
        match std::mem::replace(&mut *self.0.lock().expect(NO_PANIC), State::Already) {
            State::NotYet(waker) => Some(waker),
            State::Already => None,
        }
    }

    /// Waits, awake, for one who is about to tell it.
    pub(crate) fn await_teller(&self) {
        let mut backoff = Backoff::new();
        while !matches!(*self.0.lock().expect(NO_PANIC), State::Already) {
            backoff.wait();
        }
    }
}
