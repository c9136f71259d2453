//! What happens, told to whoever listens: the words between the primitives and
//! the tools.
//!
//! A primitive says what it is about to do and what it did; a tool (the
//! explorer of schedules, the race detector, the watcher of locks) installs a
//! listener. Neither knows the other. When nobody listens, saying costs one load
//! of a word that never changes and a branch that is always predicted.
//!
//! | said | when | the listener may |
//! |---|---|---|
//! | [`point`] | before an operation, no lock held | run others before it returns |
//! | [`acquire`], [`release`], [`release_empty`], [`passes`], [`access`] | where the order of the effects is decided | take locks of its own |
//! | [`meets`], [`passes_for`] | on behalf of one who waits, before it is made ready | take locks of its own |
//! | [`starts`], [`begins`], [`ends`] | at the ends of a goroutine's life | take locks of its own |
//! | [`waits`], [`queues`], [`goes_on`], [`holds`], [`lets_go`], [`signals`] | by the one who waits, holds or signals | take locks of its own |
//! | [`let_in`] | on behalf of one who waits, before it is made ready | take locks of its own |
//! | [`gives`] | by who may hand something over to others | take locks of its own |
//! | [`keeps`], [`travels`] | about an object, by anybody | take locks of its own |
//! | [`shared`] | before a shared variable is used, no lock held | begin to listen |
//!
//! "May take locks of its own": briefly; it is often called with a lock of the
//! object held, or inside scheduler code, where nothing of Gorge may be used.
//!
//! A listener that panics is not called again, and the program goes on without it; that is said. (But for points: there
//! a listener may unwind its caller on purpose.)
//!
//! An object is known by its address, which may be used again when the object
//! has been dropped: [`gone`] says so. Who waits, starts or ends is known by the
//! address of its record, which the scheduler never unmaps, but uses again after the end.

use std::any::Any;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::OnceLock;
use std::sync::atomic::{
    AtomicU8,
    Ordering::{Relaxed, Release},
};

/// Where in the program something is done.
pub type Place = &'static Location<'static>;

/// What is about to be done to an object.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Op {
    /// Send to a channel.
    Send,
    /// Receive from a channel.
    Receive,
    /// Close a channel.
    Close,
    /// Choose among several operations.
    Select,
    /// Lock what only one can have.
    Lock,
    /// Lock for writing what several can read.
    WriteLock,
    /// Lock for reading.
    ReadLock,
    /// Let go of a lock.
    Unlock,
    /// Let go of a lock held for reading.
    ReadUnlock,
    /// Wait for an event, a count.
    Wait,
    /// Wait for a condition to be signalled.
    Condition,
    /// Wake one or all of those who wait; count down.
    Signal,
    /// Change a count that is waited for.
    Count,
    /// End a context.
    Cancel,
    /// Put something below a context.
    Enlist,
    /// Leave the queue of a channel.
    Withdraw,
    /// Run something once.
    Once,
    /// Take permits.
    Acquire,
    /// Give permits back.
    Release,
    /// Read an atomic variable.
    Load,
    /// Write an atomic variable.
    Store,
    /// Read and write an atomic variable at once.
    Update,
    /// Read a shared variable.
    Read,
    /// Write a shared variable.
    Write,
    /// Start a goroutine.
    Go,
    /// Wait for a goroutine's end.
    Join,
    /// Wait for a time, or set one.
    Sleep,
    /// Let others run.
    Yield,
}

/// How something is held.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Hold {
    /// By one alone.
    Alone,
    /// Together with others (readers).
    Shared,
    /// So many permits of a semaphore.
    Permits(usize),
}

/// Decides at each point who goes on.
pub trait Points: Sync {
    /// The caller is about to do `op` to `object`.
    fn point(&self, op: Op, object: usize, at: Place);
}

/// Learns what happens before what.
pub trait Order: Sync {
    /// The caller has seen what was released at `object`.
    fn acquire(&self, object: usize);
    /// Whoever acquires `object` from now on sees what the caller did so far.
    fn release(&self, object: usize);
    /// Both at once: the caller goes through `object`, as all others one by one.
    fn passes(&self, object: usize);
    /// Whoever acquires `object` from now on sees what the caller did so far,
    /// and nothing of what others have released there before.
    fn replaces(&self, object: usize);
    /// The caller and `who`, which waits, see all that the other has done.
    fn meets(&self, who: usize);
    /// `who`, which waits, goes through `object`.
    fn passes_for(&self, who: usize, object: usize);
    /// The caller starts `who`, which sees all that the caller did so far; or
    /// nobody in particular does (a timer that fires).
    fn starts(&self, who: usize, orphan: bool, at: Place);
    /// The caller is `who`, and begins to run.
    fn begins(&self, who: usize);
    /// `who` has run its last, thread-locals included. Whoever acquires `who` as
    /// an object sees all it did.
    fn ends(&self, who: usize);
    /// The caller reads or writes a shared variable, which lies at `address` now.
    fn access(&self, object: usize, address: usize, write: bool, at: Place);
    /// There is nothing any more in `bytes` from `object`.
    fn gone(&self, object: usize, bytes: usize);
}

/// Learns who holds what and who waits for what.
pub trait Holds: Sync {
    /// The caller is about to wait for `object`.
    fn waits(&self, op: Op, object: usize, at: Place);
    /// The caller is about to wait for `wanted` permits of `object`, of which there are `size` in all.
    fn waits_for_permits(&self, object: usize, wanted: usize, size: usize, at: Place);
    /// The caller, which is about to wait for `object`, stands in the queue there from now on, or does not after all.
    fn queues(&self, object: usize, stands: bool);
    /// Who waited for `object`, a goroutine with this number or the plain thread `who`, has what it waited for; it is told later.
    fn let_in(&self, goroutine: Option<u64>, who: usize, object: usize);
    /// It waits no more.
    fn goes_on(&self, object: usize);
    /// The caller holds `object` from now on.
    fn holds(&self, object: usize, how: Hold, at: Place);
    /// `object` is let go; maybe not by who took it.
    fn lets_go(&self, object: usize, how: Hold);
    /// The caller may have given to others whatever it had: a guard, permits.
    fn gives(&self);
    /// From now on nobody can tell who holds `object`.
    fn travels(&self, object: usize);
    /// The caller signals `object`, and lets `woken` go.
    fn signals(&self, object: usize, woken: usize, at: Place);
    /// There are `bytes` from `object` that are used only by way of pointers to their beginning, in
    /// front of which an `Arc` may have its counts.
    fn keeps(&self, object: usize, bytes: usize);
    /// There is nothing any more in `bytes` from `object`.
    fn gone(&self, object: usize, bytes: usize);
}

const POINTS: u8 = 1;
const ORDER: u8 = 2;
const HOLDS: u8 = 4;
const SHARED: u8 = 8;

/// Who listens; a bit is set after the listener has been put into place, and
/// may be taken away and set again.
static LISTENING: AtomicU8 = AtomicU8::new(0);
static TO_POINTS: OnceLock<&'static dyn Points> = OnceLock::new();
static TO_ORDER: OnceLock<&'static dyn Order> = OnceLock::new();
static TO_HOLDS: OnceLock<&'static dyn Holds> = OnceLock::new();
static TO_SHARED: OnceLock<fn()> = OnceLock::new();

#[inline(always)]
fn listening(who: u8) -> bool {
    LISTENING.load(Relaxed) & who != 0
}

/// Those that have failed.
static FAILED: AtomicU8 = AtomicU8::new(0);
static TO_WHOM_IT_CONCERNS: OnceLock<fn(&str)> = OnceLock::new();

/// Failures of listeners are told to `tell`, not written to the standard error stream as ordinary text. Only the first one
/// ever is accepted.
pub fn tell_failures(tell: fn(&str)) {
    // Somebody else may have been first.
    let _ = TO_WHOM_IT_CONCERNS.set(tell);
}

/// Calls a listener, for the last time if it panics.
#[inline]
fn guarded(who: u8, call: impl FnOnce()) {
    // What it leaves half done nobody looks at any more.
    if let Err(panic) = catch_unwind(AssertUnwindSafe(call)) {
        failed(who, panic);
    }
}

#[cold]
fn failed(who: u8, panic: Box<dyn Any + Send>) {
    let before = FAILED.fetch_or(who, Relaxed);
    listen(who, false);
    if before & who == 0 {
        let what = if who == ORDER { "race detector" } else { "watcher of locks" };
        let why = panic.downcast_ref::<String>().map(String::as_str);
        let why = why.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic");
        let text = format!("gorge: the {what} has failed and is off from now on: {why}\n");
        match TO_WHOM_IT_CONCERNS.get() {
            Some(tell) => tell(&text),
            None => eprint!("{text}"),
        }
    }
    // Its destructor may panic as well.
    std::mem::forget(panic);
}

fn listen(who: u8, on: bool) {
    let on = on && FAILED.load(Relaxed) & who == 0;
    // Release: the listener is in its place. (Who reads the bit reads the place
    // through the OnceLock, which acquires.)
    if on {
        LISTENING.fetch_or(who, Release)
    } else {
        LISTENING.fetch_and(!who, Release)
    };
}

/// From now on `listener` hears of points. Only the first one ever is accepted.
pub fn listen_to_points(listener: &'static dyn Points) -> bool {
    let first = TO_POINTS.set(listener).is_ok();
    if first {
        listen(POINTS, true);
    }
    first
}

/// Switches the telling of points off, and on again.
pub fn tell_points(on: bool) {
    listen(POINTS, on && TO_POINTS.get().is_some());
}

/// From now on `listener` hears of what happens before what. Only the first one
/// ever is accepted.
pub fn listen_to_order(listener: &'static dyn Order) -> bool {
    let first = TO_ORDER.set(listener).is_ok();
    if first {
        listen(ORDER, true);
    }
    first
}

/// Switches the telling of order off, and on again.
pub fn tell_order(on: bool) {
    listen(ORDER, on && TO_ORDER.get().is_some());
}

/// From now on `listener` hears of who holds and waits. Only the first one ever
/// is accepted.
pub fn listen_to_holds(listener: &'static dyn Holds) -> bool {
    let first = TO_HOLDS.set(listener).is_ok();
    if first {
        listen(HOLDS, true);
    }
    first
}

/// Switches the telling of who holds what off, and on again.
pub fn tell_holds(on: bool) {
    listen(HOLDS, on && TO_HOLDS.get().is_some());
}

/// From now on `listener` hears when a shared variable is about to be used: it may begin to listen to what happens before
/// what. Only the first one ever is accepted.
pub fn listen_to_shared(listener: fn()) {
    if TO_SHARED.set(listener).is_ok() {
        listen(SHARED, true);
    }
}

/// A shared variable is about to be used; no lock is held.
#[inline]
pub fn shared() {
    if listening(SHARED)
        && let Some(listener) = TO_SHARED.get()
    {
        listener();
    }
}

/// Whether anyone listens to [`point`]s.
#[inline(always)]
pub fn points() -> bool {
    listening(POINTS)
}

/// Whether anyone listens to [`acquire`], [`release`] and [`access`].
#[inline(always)]
pub fn order() -> bool {
    listening(ORDER)
}

/// Whether anyone listens to [`starts`].
#[inline(always)]
pub fn started() -> bool {
    listening(ORDER | HOLDS)
}

/// Whether anyone listens to [`waits`], [`holds`] and their ends.
#[inline(always)]
pub fn held() -> bool {
    listening(HOLDS)
}

/// Whether anyone listens to anything.
#[inline(always)]
pub fn any() -> bool {
    LISTENING.load(Relaxed) != 0
}

macro_rules! tells {
    ($($(#[$meta:meta])* $name:ident($($argument:ident: $kind:ty),*) $whether:ident $to:ident $bit:ident $cold:ident;)*) => {$(
        $(#[$meta])*
        #[inline(always)]
        pub fn $name($($argument: $kind),*) {
            if $whether() {
                $cold($($argument),*)
            }
        }

        #[cold]
        #[inline(never)]
        fn $cold($($argument: $kind),*) {
            if let Some(listener) = $to.get() {
                guarded($bit, || listener.$name($($argument),*));
            }
        }
    )*};
}

/// Before an operation, with no lock held: others may run before it returns.
#[inline(always)]
pub fn point(op: Op, object: usize, at: Place) {
    if points() {
        point_slow(op, object, at);
    }
}

#[cold]
#[inline(never)]
fn point_slow(op: Op, object: usize, at: Place) {
    if let Some(listener) = TO_POINTS.get() {
        listener.point(op, object, at);
    }
}

tells! {
    /// The caller has seen what was released at `object`.
    acquire(object: usize) order TO_ORDER ORDER acquire_slow;
    /// Both at once: the caller goes through `object`, as all others one by one.
    passes(object: usize) order TO_ORDER ORDER passes_slow;
    /// The caller and `who`, which waits, see all that the other has done.
    meets(who: usize) order TO_ORDER ORDER meets_slow;
    /// `who`, which waits, goes through `object`.
    passes_for(who: usize, object: usize) order TO_ORDER ORDER passes_for_slow;
    /// The caller is `who`, and begins to run.
    begins(who: usize) order TO_ORDER ORDER begins_slow;
    /// `who` has run its last, thread-locals included.
    ends(who: usize) order TO_ORDER ORDER ends_slow;
    /// The caller reads or writes a shared variable, which lies at `address` now.
    access(object: usize, address: usize, write: bool, at: Place) order TO_ORDER ORDER access_slow;
    /// The caller is about to wait for `object`.
    waits(op: Op, object: usize, at: Place) held TO_HOLDS HOLDS waits_slow;
    /// The caller is about to wait for `wanted` permits of `object`, of which there are `size` in all.
    waits_for_permits(object: usize, wanted: usize, size: usize, at: Place) held TO_HOLDS HOLDS waits_for_permits_slow;
    /// The caller, which is about to wait for `object`, stands in the queue there from now on, or does not after all.
    queues(object: usize, stands: bool) held TO_HOLDS HOLDS queues_slow;
    /// Who waited for `object`, a goroutine with this number or the plain thread `who`, has what it waited for; it is told later.
    let_in(goroutine: Option<u64>, who: usize, object: usize) held TO_HOLDS HOLDS let_in_slow;
    /// The caller waits no more.
    goes_on(object: usize) held TO_HOLDS HOLDS goes_on_slow;
    /// The caller holds `object` from now on.
    holds(object: usize, how: Hold, at: Place) held TO_HOLDS HOLDS holds_slow;
    /// `object` is let go; maybe not by who took it.
    lets_go(object: usize, how: Hold) held TO_HOLDS HOLDS lets_go_slow;
    /// The caller may have given to others whatever it had: a guard, permits.
    gives() held TO_HOLDS HOLDS gives_slow;
    /// From now on nobody can tell who holds `object`.
    travels(object: usize) held TO_HOLDS HOLDS travels_slow;
    /// The caller signals `object`, and lets `woken` go.
    signals(object: usize, woken: usize, at: Place) held TO_HOLDS HOLDS signals_slow;
    /// There are `bytes` from `object` that are used only by way of pointers to their beginning.
    keeps(object: usize, bytes: usize) held TO_HOLDS HOLDS keeps_slow;
}

/// As [`release`], where no value can be left for others: a count, a barrier, the lock of plain data.
#[inline(always)]
pub fn release_empty(object: usize) {
    if order() {
        release_empty_slow(object);
    }
}

#[cold]
#[inline(never)]
fn release_empty_slow(object: usize) {
    if let Some(listener) = TO_ORDER.get() {
        guarded(ORDER, || listener.release(object));
    }
}

macro_rules! tells_and_gives {
    ($($(#[$meta:meta])* $name:ident($($argument:ident: $kind:ty),*) $cold:ident;)*) => {$(
        $(#[$meta])*
        #[inline(always)]
        pub fn $name($($argument: $kind),*) {
            if listening(ORDER | HOLDS) {
                $cold($($argument),*)
            }
        }

        #[cold]
        #[inline(never)]
        fn $cold($($argument: $kind),*) {
            gives();
            if order()
                && let Some(listener) = TO_ORDER.get()
            {
                guarded(ORDER, || listener.$name($($argument),*));
            }
        }
    )*};
}

tells_and_gives! {
    /// Whoever acquires `object` from now on sees what the caller did so far, and has what the caller left there.
    release(object: usize) release_slow;
    /// Whoever acquires `object` from now on sees what the caller did so far, and
    /// nothing of what others have released there before.
    replaces(object: usize) replaces_slow;
    /// The caller starts `who`; or (`orphan`) nobody in particular does.
    starts(who: usize, orphan: bool, at: Place) starts_slow;
}

/// There is nothing any more in `bytes` from `object`.
#[inline(always)]
pub fn gone(object: usize, bytes: usize) {
    if any() {
        gone_slow(object, bytes)
    }
}

#[cold]
#[inline(never)]
fn gone_slow(object: usize, bytes: usize) {
    if order()
        && let Some(listener) = TO_ORDER.get()
    {
        guarded(ORDER, || listener.gone(object, bytes));
    }
    if held()
        && let Some(listener) = TO_HOLDS.get()
    {
        guarded(HOLDS, || listener.gone(object, bytes));
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::sync::Mutex;

    struct Ear(Mutex<Vec<(Op, usize)>>);

    impl Points for Ear {
        fn point(&self, op: Op, object: usize, _: Place) {
            self.0.lock().unwrap().push((op, object));
        }
    }

    #[test]
    fn only_who_listens_is_told() {
        static EAR: Ear = Ear(Mutex::new(Vec::new()));
        let here = Location::caller();
        point(Op::Send, 1, here);
        assert!(listen_to_points(&EAR) && !listen_to_points(&EAR));
        point(Op::Send, 2, here);
        acquire(3); // nobody listens to this
        tell_points(false);
        point(Op::Send, 4, here);
        tell_points(true);
        point(Op::Close, 5, here);
        assert_eq!(*EAR.0.lock().unwrap(), [(Op::Send, 2), (Op::Close, 5)]);
    }
}
