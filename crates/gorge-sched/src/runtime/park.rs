//! The one door to waiting.
//!
//! ```text
//!   Parking::begin        inside scheduler code from here
//!   publish the task      where exactly one waker will find it
//!   release your lock
//!   Parking::park         runs others; returns when the waker called ready
//! ```
//!
//! Between publishing and the switch the goroutine may be made ready already,
//! and another worker may find it in a queue: its `sp` is still 0, so it is
//! put back until it has been saved.

use std::marker::PhantomData;
use std::panic::Location;

use gorge_base::atomic::Ordering::Acquire;
use gorge_coro::{self as coro, FRESH, PINNED};

use crate::reason::WaitReason;
use crate::runtime::body::Body;
use crate::runtime::bubble::onward::parks;
use crate::runtime::bubble::record::{self as bubble, Readied};
use crate::runtime::enter::{enter, enter_slow, exit};
use crate::runtime::goroutine::{G, mark};
use crate::runtime::pick::pick;
use crate::runtime::pin;
use crate::runtime::ready::{Place, ready_inside, ready_special};
use crate::runtime::task::Task;
use crate::runtime::tell::tell;
use crate::runtime::threads;
use crate::runtime::wake;
use crate::runtime::worker::M;
use crate::runtime::world;

/// Proof that the caller is inside scheduler code and about to wait.
///
/// Spent by [`park`](Parking::park) or [`cancel`](Parking::cancel).
#[derive(Debug)]
#[must_use = "a goroutine inside scheduler code must park or cancel"]
pub struct Parking {
    /// Null on a plain thread.
    worker: *const M,
    who: *mut G,
    _here: PhantomData<*mut ()>,
}

impl Parking {
    /// Enters scheduler code, unless the processor was taken away meanwhile.
    ///
    /// `None`: release whatever locks are held, call [`recover`](Self::recover),
    /// and begin the whole operation anew. (Recovering may switch to other
    /// goroutines, which must not happen under a lock; and a goroutine that
    /// was published before it recovered could be queued twice.)
    #[inline(always)]
    pub fn try_begin() -> Option<Parking> {
        let m = M::here();
        if m.is_null() {
            return Some(Parking { worker: m, who: threads::prepare(), _here: PhantomData });
        }
        // SAFETY: a non-null word is a worker, which is never freed.
        unsafe {
            (*m).lease.try_enter().then(|| Parking {
                worker: m,
                who: (*m).current(),
                _here: PhantomData,
            })
        }
    }

    /// After [`try_begin`](Self::try_begin) gave `None`: gets a processor again.
    #[cold]
    #[inline(never)]
    pub fn recover() {
        if M::here().is_null() {
            return; // a plain thread: `try_begin` never fails there
        }
        // SAFETY: in a goroutine; entering once more is no harm, and we leave.
        unsafe {
            enter_slow();
            exit();
        }
    }

    /// Enters scheduler code. For callers that hold no lock.
    #[inline(always)]
    pub fn begin() -> Parking {
        loop {
            match Self::try_begin() {
                Some(parking) => return parking,
                None => Self::recover(),
            }
        }
    }

    /// Who is about to wait.
    #[inline(always)]
    pub fn task(&self) -> Task {
        Task::new(self.who)
    }

    /// Waits until [`ready`] is called for this task.
    ///
    /// `reason` and `at` are what a dump says about the wait.
    ///
    /// # Safety
    /// The task was published where exactly one waker will find it, and no
    /// lock is held that a goroutine running meanwhile may want. Since it
    /// began the caller has used nothing of this crate but
    /// [`timer::arm`](crate::timer::arm): other functions enter and leave
    /// scheduler code themselves.
    #[inline(always)]
    pub unsafe fn park(self, reason: WaitReason, at: &'static Location<'static>) {
        // SAFETY: the record is the caller's own; inside until the switch.
        unsafe {
            if self.worker.is_null() {
                return threads::park(self.who, reason, at);
            }
            debug_assert!(std::ptr::eq(M::here(), self.worker) && (*self.worker).lease.is_inside());
            (*self.who).note_wait(reason, at, world::coarse_ms());
            if bubble::any() && (*self.who).has(mark::BUBBLE) {
                parks(&*self.worker, self.who);
            }
            reschedule(&*self.worker);
            (*self.who).clear_wait();
            exit();
        }
    }

    /// Waits for ever: the task was published nowhere.
    ///
    /// # Panics
    /// Never; but the program ends when everyone waits like this.
    #[cold]
    pub fn park_for_ever(self, reason: WaitReason, at: &'static Location<'static>) -> ! {
        // Anew, since this is safe to call: who knows what was done meanwhile.
        self.cancel();
        // SAFETY: nobody knows the task, so nobody makes it ready.
        unsafe { Parking::begin().park(reason, at) };
        unreachable!("a task that nobody knows was made ready")
    }

    /// Does not wait after all: the task was not published.
    #[inline(always)]
    pub fn cancel(self) {
        if !self.worker.is_null() {
            // SAFETY: in a goroutine; to leave twice is no harm. Not through
            // `self.worker`: safe code may have been moved to another since.
            unsafe { exit() }
        }
    }
}

/// Makes `task` ready to run again.
///
/// May be called from goroutines and from plain threads.
///
/// # Safety
/// To be called exactly once for each [`Parking::park`], after the task was
/// published; and not from inside scheduler code.
#[inline(always)]
pub unsafe fn ready(task: Task, place: Place) {
    if let Some(listener) = task.as_listener() {
        // SAFETY: as the caller says.
        return unsafe { tell(listener) };
    }
    let g = task.as_ptr();
    // SAFETY: records stay mapped; the rest is the caller's promise.
    unsafe {
        if M::here().is_null() {
            return ready_from_thread(g);
        }
        let m = enter();
        ready_inside(m, g, place);
        exit();
    }
}

#[inline(never)]
unsafe fn ready_from_thread(g: *mut G) {
    // SAFETY: the caller of `ready` passes a task that waits.
    unsafe {
        if (*g).is_plain() || ready_special(g) == Readied::Queue {
            wake::enqueue(g);
        }
    }
}

/// Runs somebody else. The current goroutine has been published, so that it
/// will be found and resumed; then this returns, inside, maybe on another worker.
///
/// # Safety
/// The caller is the goroutine on `m`, inside.
#[inline(always)]
pub(crate) unsafe fn reschedule(m: &'static M) {
    // SAFETY: the caller's promise; who comes out of a queue is ours alone.
    unsafe {
        if !m.locked_by.get().is_null() {
            return pin::wait_in_place(m);
        }
        let next = pick(m, m.p());
        run_instead(m, if next.is_null() { m.scheduling() } else { next });
    }
}

/// The second half of [`reschedule`]: runs `next`.
///
/// # Safety
/// As there; `next` came out of a queue, or is the scheduling context.
#[inline(always)]
pub(crate) unsafe fn run_instead(m: &'static M, next: *mut G) {
    // SAFETY: the caller's promise.
    unsafe {
        let current = m.current();
        if (*next).ctx.sp.load(Acquire) > PINNED {
            m.set_current(next);
            coro::switch(&raw mut (*current).ctx, &raw mut (*next).ctx, m.word());
        } else {
            reschedule_slow(m, current, next);
        }
    }
}

#[inline(never)]
unsafe fn reschedule_slow(m: &'static M, current: *mut G, next: *mut G) {
    // SAFETY: as in `reschedule`.
    unsafe {
        let p = m.p();
        let sp = (*next).ctx.sp.load(Acquire);
        if sp == FRESH && !(*next).has(mark::STACK) {
            // Making a stack takes stack, of which a goroutine shall not touch more only
            // to park: when none is at hand, the scheduling context makes some.
            if let Some(stack) = (*p.stacks.get()).get_cached() {
                m.set_current(next);
                let (current, next) = (&raw mut (*current).ctx, &raw mut (*next).ctx);
                return coro::start::<Body>(current, next, stack, m.word());
            }
        }
        if next == current {
            return; // made ready before it was switched away
        }
        // Not saved yet, pinned to another thread, or not to be started just
        // like that: the scheduling context sees to it.
        if sp > PINNED {
            p.push_next(next)
        } else {
            m.handed.set(next)
        }
        m.idle_current();
        let (current, scheduling) = (&raw mut (*current).ctx, &raw mut (*m.scheduling()).ctx);
        coro::switch(current, scheduling, m.word());
    }
}
