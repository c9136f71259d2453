//! The waker of one future, and how its owner waits for it.
//!
//! Promise: a wake that comes after a poll has begun makes the owner poll again, whenever it comes and
//! from wherever: from a goroutine, a plain thread, another runtime, the poll itself. Wakes that nobody has
//! heard yet are one wake.
//!
//! ```text
//!   owner                                    whoever wakes
//!   poll, with this bell as the waker
//!   Pending: is the flag up? take it down,   raise the flag, unless the owner waits:
//!   poll again. Else wait.                   then let it go
//! ```
//!
//! Invariant: the owner is made ready once for each time it waits. (That is the promise of
//! [`Event::auto`], and the lock of its queue is what keeps it.)

use std::fmt;
use std::ptr::NonNull;
use std::sync::Arc;
use std::task::{Wake, Waker};

use gorge_sched::WaitReason;
use gorge_sync::macros::{Cons, End, Order, Won, select};
use gorge_sync::select::Selectable;
use gorge_sync::sync::Event;
use gorge_sync::wait::Waiter;

/// See the top of the file.
pub(crate) struct Bell {
    rung: Event,
}

impl Bell {
    /// A bell that nobody has rung, and a waker that does.
    pub(crate) fn new() -> (Arc<Bell>, Waker) {
        let bell = Arc::new(Bell { rung: Event::auto() });
        (bell.clone(), Waker::from(bell))
    }

    /// Waits until somebody rings.
    #[track_caller]
    pub(crate) fn wait(&self) {
        match select(Cons::new(Ring(self), End), Order::Biased) {
            Won::Here(()) => {}
            Won::Next(never) => match never {},
        }
    }

    /// What was done before it was rung comes before what the owner does now.
    pub(crate) fn tell_heard(&self) {
        self.rung.tell_seen();
    }

    /// The next ring, as an arm of a select.
    pub(crate) fn ring(&self) -> Ring<'_> {
        Ring(self)
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.rung.set();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rung.set();
    }
}

impl fmt::Debug for Bell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bell").field("rung", &self.rung.is_set()).finish()
    }
}

/// Somebody rings.
#[derive(Debug)]
pub(crate) struct Ring<'a>(&'a Bell);

// SAFETY: all is the event's, but for the word in a dump.
unsafe impl Selectable for Ring<'_> {
    type Output = ();

    fn is_ready(&self) -> bool {
        self.0.rung.is_set()
    }

    fn try_now(&mut self) -> Option<()> {
        self.0.rung.try_wait().then_some(())
    }

    unsafe fn enlist(&mut self, waiter: NonNull<Waiter>) -> bool {
        // SAFETY: as the caller says.
        unsafe { self.0.rung.waiting().enlist(waiter) }
    }

    unsafe fn withdraw(&mut self, waiter: NonNull<Waiter>) {
        // SAFETY: as the caller says.
        unsafe { self.0.rung.waiting().withdraw(waiter) }
    }

    unsafe fn complete(&mut self, _: NonNull<Waiter>) {
        self.0.tell_heard();
    }

    fn wait_reason(&self) -> WaitReason {
        WaitReason::Future
    }
}
