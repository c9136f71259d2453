//! What a tool implements in order to be told.

use super::words::{Hold, Op, Place};

/// Decides at each point who goes on.
pub trait Points: Sync {
    /// The caller is about to do `op` to `object`.
    fn point(&self, op: Op, object: usize, at: Place);
    /// There is nothing any more in `bytes` from `object`.
    fn gone(&self, object: usize, bytes: usize) {
        let _ = (object, bytes);
    }
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
