//! Waiting until a number of things are done.
//!
//! Promise: `wait` returns when the counter is zero, and misuse panics with
//! Go's words.
//!
//! Counter and number of waiters lie in one word, so that "the counter became
//! zero while somebody waits" is seen by exactly one caller:
//!
//! ```text
//!   state   | counter (32 bits, signed) | waiters (32 bits) |
//!
//!   add(d)  counter += d, one locked instruction. Became 0 with waiters?
//!           take the lock, state = 0, wake them all.
//!   wait    counter == 0? return. Otherwise, under the lock: waiters += 1,
//!           enter the queue, park.
//!   give up (a deadline, a select) under the lock, if still queued: waiters -= 1
//! ```
//!
//! Invariant: whenever the lock is free, the queue's length is `waiters`. So
//! who took the counter to zero finds, once it has the lock, everybody it
//! counted, but for those who have given up.

use std::fmt;
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::ptr::NonNull;
use std::time::Duration;

use gorge_base::probe::{self, Hold, Op};
use gorge_base::sync::Arc;
use gorge_base::sync::atomic::{AtomicU64, Ordering};
use gorge_sched::{Parking, Place, WaitReason};

use crate::select::{Selectable, one_until};
use crate::time::instant::Instant;
use crate::wait::{Lock, Outcome, Queue, Waiter};

/// Waits for a group of goroutines (or anything else that is counted).
///
/// A handle: clones share one counter, so a wait group is cloned into each
/// goroutine where a Go program would share a pointer. Cloning and dropping
/// handles changes no count.
///
/// For goroutines whose results matter, `join` or a scope says more.
///
/// # Examples
/// ```
/// use gorge::sync::WaitGroup;
///
/// let group = WaitGroup::new();
/// for n in 0..3 {
///     group.go(move || println!("{n} at work")); // counts it, and when it is done
/// }
/// group.wait();
///
/// // By hand, for whatever is counted:
/// group.add(1);
/// let shared = group.clone();
/// std::thread::spawn(move || shared.done());
/// group.wait();
/// ```
///
/// # Compared with Go
/// `sync.WaitGroup`, with its `Add`, `Done`, `Wait` and `Go`, and its panics.
#[derive(Clone)]
pub struct WaitGroup {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: AtomicU64,
    lock: Lock,
    waiters: Queue,
}

// SAFETY: the queue is used under the lock only.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}
impl UnwindSafe for Shared {}
impl RefUnwindSafe for Shared {}

/// The word, taken apart.
#[derive(Clone, Copy, PartialEq, Eq)]
struct State {
    counter: i32,
    waiters: u32,
}

impl State {
    fn of(word: u64) -> State {
        State { counter: (word >> 32) as i32, waiters: word as u32 }
    }
}

const ONE_WAITER: u64 = 1;

impl WaitGroup {
    /// A group with nothing to wait for.
    #[must_use]
    pub fn new() -> Self {
        let shared = Shared { state: AtomicU64::new(0), lock: Lock::new(), waiters: Queue::new() };
        WaitGroup { shared: Arc::new(shared) }
    }

    /// Adds `delta`, which may be negative, to the counter. When the counter
    /// becomes zero, everybody who waits goes on.
    ///
    /// An `add` from zero must come before the `wait` that is to see it: call
    /// it before starting the goroutine, not inside.
    ///
    /// # Panics
    /// `sync: negative WaitGroup counter`, and `sync: WaitGroup misuse: Add
    /// called concurrently with Wait` where that is noticed.
    #[track_caller]
    pub fn add(&self, delta: i32) {
        if probe::any() {
            self.shared.tell_adds(delta, Location::caller());
        }
        let added = u64::from(delta as u32) << 32;
        // AcqRel: what is done before a `done` comes before the `wait` it ends
        // returns: through this word, and from the last `done` by waking.
        let before = self.shared.state.fetch_add(added, Ordering::AcqRel);
        let State { counter, waiters } = State::of(before.wrapping_add(added));
        assert!(counter >= 0, "sync: negative WaitGroup counter");
        if waiters == 0 {
            return;
        }
        if delta > 0 && counter == delta {
            misuse();
        }
        if counter == 0 {
            self.shared.release();
        }
    }

    /// One thing is done: `add(-1)`.
    ///
    /// # Panics
    /// `sync: negative WaitGroup counter`.
    #[inline]
    #[track_caller]
    pub fn done(&self) {
        self.add(-1);
    }

    /// Starts a goroutine that the group counts: adds one now, and is done
    /// when `f` returns, or ends by a panic or by `goexit`.
    #[track_caller]
    pub fn go<F>(&self, f: F)
    where
        F: FnOnce() + Send + 'static,
    {
        struct Done(WaitGroup);
        impl Drop for Done {
            fn drop(&mut self) {
                probe::lets_go(self.0.shared.address(), Hold::Shared);
                self.0.done();
            }
        }
        self.add(1);
        let at = Location::caller();
        let done = Done(self.clone());
        drop(gorge_sched::go(move || {
            let done = done;
            probe::holds(done.0.shared.address(), Hold::Shared, at);
            f();
        }));
    }

    /// Waits until the counter is zero.
    ///
    /// # Blocking
    /// Until as many `done` as `add`; a dump shows `[sync.WaitGroup.Wait]`.
    /// Works from goroutines and from plain OS threads.
    ///
    /// # Panics
    /// `sync: WaitGroup is reused before previous Wait has returned` when it
    /// notices an `add` that came too early for it.
    #[track_caller]
    pub fn wait(&self) {
        probe::point(Op::Wait, self.shared.address(), Location::caller());
        let address = self.shared.address();
        probe::waits(Op::Wait, address, Location::caller());
        let waited = self.shared.wait(Location::caller());
        probe::goes_on(address);
        if waited {
            self.shared.check_reuse();
        }
    }

    /// As [`wait`](Self::wait), at most for `timeout`; false when that was too short.
    ///
    /// # Examples
    /// ```
    /// use gorge::{channel, sync::WaitGroup};
    /// use std::time::Duration;
    ///
    /// let (tx, rx) = channel::<()>(0);
    /// let work = WaitGroup::new();
    /// work.go(move || drop(rx.recv()));
    /// assert!(!work.wait_timeout(Duration::from_millis(1)));
    /// drop(tx);
    /// work.wait();
    /// ```
    #[track_caller]
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        self.wait_deadline(Instant::now() + timeout)
    }

    /// As [`wait`](Self::wait), until `deadline` at most; false when that was too early.
    ///
    /// # Examples
    /// ```
    /// use gorge::{sync::WaitGroup, time::Instant};
    ///
    /// let group = WaitGroup::new();
    /// group.add(1);
    /// assert!(!group.wait_deadline(Instant::now()));
    /// group.done();
    /// assert!(group.wait_deadline(Instant::now()));
    /// ```
    #[track_caller]
    pub fn wait_deadline(&self, deadline: Instant) -> bool {
        probe::point(Op::Wait, self.shared.address(), Location::caller());
        one_until(self.waiting(), deadline, Location::caller()).is_ok()
    }

    /// Waiting as an arm of a select:
    /// `select! { on(group.waiting()) => .., recv(quit) -> _ => .. }`.
    ///
    /// # Examples
    /// ```
    /// use gorge::{channel, select, sync::WaitGroup};
    ///
    /// let group = WaitGroup::new();
    /// group.go(|| ());
    /// let (_tx, quit) = channel::<()>(0);
    /// select! {
    ///     on(group.waiting()) => {}
    ///     recv(quit) -> _ => unreachable!("nobody says so"),
    /// }
    /// ```
    ///
    /// # Compared with Go
    /// A goroutine that waits and then closes a channel.
    #[track_caller]
    pub fn waiting(&self) -> GroupDone<'_> {
        GroupDone { shared: &self.shared, at: Location::caller() }
    }
}

/// Waiting for a [`WaitGroup`], as an arm of a select.
#[derive(Debug)]
#[must_use = "an arm does nothing outside of a select"]
pub struct GroupDone<'a> {
    shared: &'a Shared,
    /// Where it was made.
    at: &'static Location<'static>,
}

// SAFETY: looking and enlisting happen under the lock, a waiter is served only
// once it was won, and withdrawing takes the same lock.
unsafe impl Selectable for GroupDone<'_> {
    type Output = ();

    fn is_ready(&self) -> bool {
        // Acquire: pairs with the `add` that made it zero.
        State::of(self.shared.state.load(Ordering::Acquire)).counter == 0
    }

    fn try_now(&mut self) -> Option<()> {
        let zero = self.is_ready();
        if zero {
            probe::acquire(self.shared.address());
        }
        zero.then_some(())
    }

    unsafe fn enlist(&mut self, waiter: NonNull<Waiter>) -> bool {
        let _held = self.shared.lock.lock();
        let must_wait = self.shared.count_waiter();
        if must_wait {
            // SAFETY: the lock is held; the rest is the caller's promise.
            unsafe { self.shared.waiters.push(waiter) };
        }
        must_wait
    }

    unsafe fn withdraw(&mut self, waiter: NonNull<Waiter>) {
        let _held = self.shared.lock.lock();
        // SAFETY: the lock is held; the rest is the caller's promise.
        if unsafe { self.shared.waiters.withdraw(waiter) } {
            // Relaxed: nobody goes on because of this.
            self.shared.state.fetch_sub(ONE_WAITER, Ordering::Relaxed);
        }
    }

    unsafe fn complete(&mut self, _: NonNull<Waiter>) {
        if probe::any() {
            self.shared.tell_waited(false, self.at);
        }
        self.shared.check_reuse();
    }

    fn wait_reason(&self) -> WaitReason {
        WaitReason::WaitGroup
    }
}

#[cfg(test)]
impl WaitGroup {
    /// Sets the word, as if somebody were in the middle of something.
    pub(super) fn pretend(&self, counter: u64, waiters: u64) {
        self.shared.state.store(counter << 32 | waiters, Ordering::Relaxed);
    }

    /// Releases a waiter, having missed that the word has changed.
    pub(super) fn release_stale(&self) {
        self.shared.release();
    }
}

impl Shared {
    /// Waits for zero; true if that took parking.
    fn wait(&self, at: &'static Location<'static>) -> bool {
        // Acquire: pairs with the `add` that made it zero.
        if State::of(self.state.load(Ordering::Acquire)).counter == 0 {
            probe::acquire(self.address());
            return false;
        }
        loop {
            let held = self.lock.lock();
            let Some(parking) = Parking::try_begin() else {
                drop(held);
                Parking::recover();
                continue;
            };
            if !self.count_waiter() {
                drop(held);
                parking.cancel();
                probe::acquire(self.address());
                return false;
            }
            // Relaxed: we have the lock, under which waiters are counted.
            let first = State::of(self.state.load(Ordering::Relaxed)).waiters == 1;
            let waiter = Waiter::plain(parking.task(), std::ptr::null_mut());
            // SAFETY: the lock is held, and the waiter stays in place until
            // `park` returns.
            unsafe {
                self.waiters.push(NonNull::from(&waiter));
                drop(held);
                parking.park(WaitReason::WaitGroup, at);
            }
            if probe::any() {
                self.tell_waited(first, at);
            }
            return true;
        }
    }

    /// One more waiter, unless the counter is zero. Under the lock.
    fn count_waiter(&self) -> bool {
        let counted = self.state.fetch_update(Ordering::AcqRel, Ordering::Acquire, |word| {
            (State::of(word).counter != 0).then_some(word + ONE_WAITER)
        });
        counted.is_ok()
    }

    /// Whoever has waited goes on before the counter is raised again.
    #[track_caller]
    fn check_reuse(&self) {
        // Acquire: as in `wait`.
        let reused = self.state.load(Ordering::Acquire) != 0;
        assert!(!reused, "sync: WaitGroup is reused before previous Wait has returned");
    }

    /// By what tools know it.
    fn address(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }

    #[cold]
    fn tell_adds(&self, delta: i32, at: &'static Location<'static>) {
        probe::point(Op::Signal, self.address(), at);
        if delta < 0 {
            probe::release(self.address());
        } else if State::of(self.state.load(Ordering::Relaxed)).counter == 0 {
            // The first `add` must come before `wait`, or after: together they are
            // told as a race of a read with a write, as in Go.
            probe::access(self.address(), self.address(), false, at);
        }
    }

    #[cold]
    fn tell_waited(&self, first: bool, at: &'static Location<'static>) {
        if first {
            probe::access(self.address(), self.address(), true, at);
        }
        probe::acquire(self.address());
    }

    /// The counter has become zero while somebody waits.
    #[cold]
    #[track_caller]
    fn release(&self) {
        let held = self.lock.lock();
        // Whoever raises the counter again now has not waited for `wait` to return.
        let cleared = self.state.fetch_update(Ordering::AcqRel, Ordering::Relaxed, |word| {
            (State::of(word).counter == 0).then_some(0)
        });
        let unchanged = cleared.is_ok();
        let woken = Queue::new();
        // SAFETY: the lock is held; these waiters are in no other queue.
        unsafe {
            while unchanged && let Some(waiter) = self.waiters.pop() {
                woken.push(waiter);
            }
        }
        drop(held);
        if !unchanged {
            misuse();
        }
        // SAFETY: the queue is our own; a popped waiter is alive until it is
        // made ready, and is unlinked before.
        unsafe {
            while let Some(waiter) = woken.pop_won() {
                Waiter::settle(waiter, Outcome::Done).wake(Place::Tail);
            }
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        probe::gone(self.address(), size_of::<Shared>());
    }
}

#[cold]
#[track_caller]
fn misuse() -> ! {
    panic!("sync: WaitGroup misuse: Add called concurrently with Wait")
}

impl Default for WaitGroup {
    fn default() -> Self {
        WaitGroup::new()
    }
}

impl fmt::Debug for WaitGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Relaxed: a look, no more.
        let State { counter, waiters } = State::of(self.shared.state.load(Ordering::Relaxed));
        f.debug_struct("WaitGroup").field("counter", &counter).field("waiters", &waiters).finish()
    }
}
