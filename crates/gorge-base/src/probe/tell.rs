//! What primitives say. When nobody listens, that is a load and a branch.

use super::listen::{
    HOLDS, ORDER, TO_HOLDS, TO_ORDER, TO_POINTS, any, guarded, held, listening, order, points,
};
use super::words::{Hold, Op, Place};

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
    if points()
        && let Some(listener) = TO_POINTS.get()
    {
        listener.gone(object, bytes);
    }
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
