//! A heap of timers behind its lock, with its earliest deadline readable
//! without it. There is one for each processor.
//!
//! Promise: a timer armed by any thread fires, in whichever shard it is; a
//! worker that sleeps until the earliest deadline it saw is woken when an
//! earlier one comes; and a timer that was disarmed neither fires nor is
//! being fired once `disarm` has returned.
//!
//! Invariants:
//! - Whenever the lock is free, `next_when` is the earliest deadline in the
//!   heap and `armed` its length.
//! - A fire function runs only under the lock, so "armed", "firing" and "at
//!   rest" follow each other in lock order.
//! - A shard is never freed: a node's `home` may be looked at by a thread that
//!   is about to find out that the node is no longer there.
//!
//! # Arming against falling asleep
//!
//! ```text
//!   arming thread                          idle worker
//!   A1  next_when = when  (under lock)     I1  say "I am idle"
//!   A2  fence(SeqCst)                      I2  fence(SeqCst)
//!   A3  somebody idle? wake them           I3  read every next_when, sleep until the earliest
//! ```
//!
//! One of the two fences comes first in their single total order. If A2 does,
//! I3 reads the new deadline; if I2 does, A3 reads "idle" and wakes. In no
//! order do both miss. A1 and A2 are [`Shard::arm`], which says through
//! [`Armed::earlier`] that A3 is due; when the earliest deadline did not move
//! nearer, every sleeper already wakes in time, and neither is needed.

use std::fmt;
use std::ptr::{self, NonNull};

use gorge_base::sync::atomic::{AtomicU64, AtomicUsize, Ordering, fence};

use super::heap::{Heap, NEVER};
use super::lock::{Guard, Lock};
use super::node::{Fired, Node};

/// The last deadline there is; later ones count as this one. Over five
/// hundred years away, it need not be told from never, except that a timer
/// armed for it is armed.
pub(crate) const LAST: u64 = NEVER - 1;

/// How many timers fire in one hold of the lock. A million that are due at
/// once are so many lock holds, between which others arm, disarm and fire.
const BATCH: usize = if cfg!(loom) { 1 } else { 64 };

/// The timers of one processor.
pub struct Shard<F> {
    next_when: AtomicU64,
    armed: AtomicUsize,
    heap: Lock<Heap<Node<F>>>,
}

/// What [`Shard::arm`] found and did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "when `earlier` is set, idle workers must be looked for"]
pub struct Armed {
    /// The node was armed already (and is now for another time).
    pub was_armed: bool,
    /// The earliest deadline of the shard has moved nearer: after this call,
    /// look for an idle worker that sleeps until a later one and wake it. The
    /// fence between the two was done here.
    pub earlier: bool,
}

/// What [`Shard::run_expired`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// How many timers fired.
    pub fired: usize,
    /// The batch was full and more timers are due.
    pub more: bool,
}

impl<F> Shard<F> {
    /// A shard without timers.
    #[must_use]
    pub fn new() -> Shard<F> {
        Shard {
            next_when: AtomicU64::new(NEVER),
            armed: AtomicUsize::new(0),
            heap: Lock::new(Heap::new()),
        }
    }

    /// The earliest deadline, or [`NEVER`]. Exact for whoever armed it or was
    /// woken because of it; for others as fresh as a relaxed load is.
    #[inline]
    #[must_use]
    pub fn next_when(&self) -> u64 {
        // Relaxed: the order against arming comes from the fences described
        // at the top; firing takes the lock.
        self.next_when.load(Ordering::Relaxed)
    }

    /// When the first is due that does not lie at one of these addresses, and where it does.
    #[cfg(not(loom))]
    pub(crate) fn next_but(&self, nodes: &[usize]) -> Option<(u64, usize)> {
        let first = self.heap.lock().first_but(nodes);
        first.map(|(when, node)| (when, node.as_ptr() as usize))
    }

    /// How many timers are armed here (a hint while others arm and disarm).
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        // Relaxed: a count for tests, reports and the decision that a program
        // is stuck, which is made when nothing runs that could change it.
        self.armed.load(Ordering::Relaxed)
    }

    /// As [`len`](Shard::len), and exact: a batch of timers that fire is still counted until it is over, and
    /// whoever one of them has woken may ask before.
    #[cfg(not(loom))]
    #[must_use]
    pub(crate) fn count(&self) -> usize {
        self.heap.lock().len()
    }

    /// Whether no timer is armed here (a hint, as [`len`](Shard::len)).
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Arms `node` for `when`, in this shard; or, if it is armed already,
    /// changes its time where it is. `meanwhile` runs under the lock before
    /// that, so that nothing fires between the two (a timer's channel is
    /// emptied there).
    ///
    /// # Safety
    ///
    /// The node stays valid and where it is until it is settled as done or
    /// `disarm` has returned. The shard lives for ever. `meanwhile` obeys the
    /// rules of a fire function, and the caller is not inside one.
    pub unsafe fn arm(&self, node: NonNull<Node<F>>, when: u64, meanwhile: impl FnOnce()) -> Armed {
        let when = when.min(LAST);
        // SAFETY: valid, by the contract.
        let record = unsafe { node.as_ref() };
        let mut home = record.home.load(Ordering::Acquire);
        loop {
            // SAFETY: a shard lives for ever.
            let shard = if home.is_null() { self } else { unsafe { Shard::at(home) } };
            let mut heap = shard.heap.lock();
            let claimed = if home.is_null() {
                // The exchange decides between threads that arm the node into
                // different shards. Acquire on both ends: the node may have
                // just been settled by another thread.
                record.home.compare_exchange(
                    ptr::null_mut(),
                    self.address(),
                    Ordering::AcqRel,
                    Ordering::Acquire,
                )
            } else {
                // Under the lock of `home` nobody can take the node out of it.
                match record.home.load(Ordering::Acquire) {
                    now if now == home => Ok(now),
                    now => Err(now),
                }
            };
            if let Err(elsewhere) = claimed {
                home = elsewhere;
                continue;
            }
            meanwhile();
            let was_armed = !home.is_null();
            if was_armed {
                heap.change(record.place(), when);
            } else {
                // SAFETY: it had no home; valid as long as it is armed, by the contract.
                unsafe { heap.push(when, node) };
            }
            let earlier = shard.publish(&heap);
            drop(heap);
            if earlier {
                // Step A2 above.
                fence(Ordering::SeqCst);
            }
            return Armed { was_armed, earlier };
        }
    }

    /// Disarms `node`, whichever shard it is in: true if it was armed, and
    /// will not fire for that time. In any case it is not being fired when
    /// this returns. `meanwhile` runs, under the lock if the node is armed.
    ///
    /// # Safety
    ///
    /// As for [`Shard::arm`].
    pub unsafe fn disarm(node: NonNull<Node<F>>, meanwhile: impl FnOnce()) -> bool {
        // SAFETY: valid, by the contract.
        let record = unsafe { node.as_ref() };
        loop {
            // Acquire: pairs with the release in `Fired::done`: when this
            // reads null, all that firing did to the node has been done.
            let home = record.home.load(Ordering::Acquire);
            if home.is_null() {
                meanwhile();
                return false;
            }
            // SAFETY: a shard lives for ever.
            let shard: &Shard<F> = unsafe { Shard::at(home) };
            let mut heap = shard.heap.lock();
            // The node may have fired, or moved, before we had the lock.
            if record.home.load(Ordering::Acquire) != home {
                continue;
            }
            meanwhile();
            heap.remove(record.place());
            // Release: pairs with the acquire in a later `arm` or `disarm`
            // by another thread.
            record.home.store(ptr::null_mut(), Ordering::Release);
            shard.publish(&heap);
            return true;
        }
    }

    /// Fires timers that are due at `now`, at most a batch. Cheap when none is.
    #[cfg(test)]
    pub fn run_expired(&self, now: u64, context: &F) -> Batch {
        if self.next_when() > now {
            return Batch { fired: 0, more: false };
        }
        self.fire_batch(self.heap.lock(), now, context)
    }

    /// Like [`run_expired`](Shard::run_expired), but does nothing when another thread
    /// is at this shard: for a worker that looks after the timers of others.
    pub fn try_run_expired(&self, now: u64, context: &F) -> Batch {
        if self.next_when() <= now
            && let Some(heap) = self.heap.try_lock()
        {
            return self.fire_batch(heap, now, context);
        }
        Batch { fired: 0, more: false }
    }

    fn fire_batch(&self, mut heap: Guard<'_, Heap<Node<F>>>, now: u64, context: &F) -> Batch {
        let mut fired = 0;
        let mut more = false;
        while let Some((due, node)) = heap.first()
            && due <= now
        {
            if fired == BATCH {
                more = true;
                break;
            }
            fired += 1;
            // SAFETY: a node in the heap is armed, hence valid.
            let fire = unsafe { node.as_ref() }.fire;
            // SAFETY: the node was made with this function, it is valid until
            // settled, it is at the root, and we hold the lock.
            let _settled = unsafe { fire(Fired::new(node, due, &mut heap), context) };
        }
        self.publish(&heap);
        Batch { fired, more }
    }

    /// Moves every timer of `other` here: the processor that `other` belongs
    /// to is given up. True if the earliest deadline here moved nearer (then
    /// as for [`Armed::earlier`]).
    #[must_use = "when the earliest deadline moved nearer, idle workers must be looked for"]
    pub fn absorb(&self, other: &Shard<F>) -> bool {
        if ptr::eq(self, other) {
            return false;
        }
        // Both locks, in the order of their addresses: two shards that absorb
        // each other cannot deadlock.
        let (mut to, mut from);
        if ptr::from_ref(self) < ptr::from_ref(other) {
            to = self.heap.lock();
            from = other.heap.lock();
        } else {
            from = other.heap.lock();
            to = self.heap.lock();
        }
        while let Some((when, node)) = from.first() {
            from.remove(0);
            // SAFETY: in no heap now, and valid as long as it is armed.
            unsafe { to.push(when, node) };
            // SAFETY: as above.
            let record = unsafe { node.as_ref() };
            // Release: pairs with the acquire in `arm` and `disarm`.
            record.home.store(self.address(), Ordering::Release);
        }
        other.publish(&from);
        let earlier = self.publish(&to);
        drop((to, from));
        if earlier {
            // Step A2 above.
            fence(Ordering::SeqCst);
        }
        earlier
    }

    /// This shard as a node's home.
    fn address(&self) -> *mut () {
        ptr::from_ref(self).cast_mut().cast()
    }

    /// The shard that is the home of a node with this `F`.
    ///
    /// # Safety
    /// `home` is what [`Shard::address`] of a `Shard<F>` gave, which lives for ever.
    unsafe fn at<'a>(home: *mut ()) -> &'a Shard<F> {
        // SAFETY: by the contract.
        unsafe { &*home.cast() }
    }

    /// Makes the heap's earliest deadline and length readable without the
    /// lock, which the caller holds. True if the deadline moved nearer.
    fn publish(&self, heap: &Heap<Node<F>>) -> bool {
        self.armed.store(heap.len(), Ordering::Relaxed);
        let next = heap.first_when();
        // Relaxed: written under the lock only.
        let before = self.next_when.load(Ordering::Relaxed);
        if next != before {
            // Relaxed: step A1 above, ordered by the fence that follows.
            self.next_when.store(next, Ordering::Relaxed);
        }
        next < before
    }

    /// Panics unless the invariants hold.
    #[cfg(all(test, not(loom)))]
    pub(super) fn check(&self) {
        let heap = self.heap.lock();
        heap.check();
        assert_eq!(self.next_when(), heap.first_when());
        assert_eq!(self.len(), heap.len());
    }
}

impl<F> Default for Shard<F> {
    fn default() -> Self {
        Shard::new()
    }
}

impl<F> fmt::Debug for Shard<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shard")
            .field("len", &self.len())
            .field("next_when", &self.next_when())
            .finish_non_exhaustive()
    }
}
