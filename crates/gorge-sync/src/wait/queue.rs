//! Waiters in order of arrival.
//!
//! Promise: pushing, popping and withdrawing from the middle take a few stores;
//! whether anybody waits can be seen without the lock.
//!
//! Invariants:
//! - Everything but [`Queue::is_empty`] happens under the owner's lock.
//! - `w` is linked exactly when `first == w` or `w.prev` is not null; an
//!   unlinked waiter's `prev` is null. So no flag is needed.
//! - The first one's `prev` means nothing, and is never followed. So who takes the first
//!   writes nothing to the second, which lies on another stack and has often left the caches.
//!
//! ```text
//!   first ---> A ---> B ---> C <--- last
//!        (?) <- A <- B <- C -> null
//! ```
//!
//! It is not the list of `gorge-base` because of the first invariant: the
//! first pointer is an atomic, read by those who only look.

use std::ptr::{NonNull, null_mut};

use gorge_base::prefetch::prefetch;
use gorge_base::sync::atomic::{AtomicPtr, Ordering};
use gorge_base::sync::cell::UnsafeCell;

use super::waiter::Waiter;

/// First in, first out.
#[derive(Debug)]
#[repr(C)]
pub struct Queue {
    first: AtomicPtr<Waiter>,
    last: UnsafeCell<*mut Waiter>,
}

impl Default for Queue {
    fn default() -> Self {
        Queue::new()
    }
}

impl Queue {
    const_unless_loom! {
        /// A queue in which nobody waits.
        pub const fn new() -> Self {
            Queue { first: AtomicPtr::new(null_mut()), last: UnsafeCell::new(null_mut()) }
        }
    }

    /// Whether nobody waits; without the lock only a hint.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        // Acquire and release, for those who look without the lock: if they see
        // that somebody went, they also see what was done before he went.
        self.first.load(Ordering::Acquire).is_null()
    }

    #[inline(always)]
    fn first(&self) -> Option<NonNull<Waiter>> {
        NonNull::new(self.first.load(Ordering::Relaxed))
    }

    #[inline(always)]
    fn set_first(&self, first: *mut Waiter) {
        // Release: see `is_empty`. (Those who only look never follow the pointer;
        // the lock publishes the waiter.)
        self.first.store(first, Ordering::Release);
    }

    /// Appends a waiter. One of a fair select that waits here already, just
    /// before, takes its place among its siblings by chance: whoever comes for
    /// the first of them shall find each equally often.
    ///
    /// # Safety
    /// The lock is held; the waiter is in no queue, and stays alive and in its
    /// place until it is popped and made ready, or withdrawn.
    #[inline(always)]
    pub unsafe fn push(&self, waiter: NonNull<Waiter>) {
        // SAFETY: the lock is held, and linked waiters are alive.
        unsafe {
            let end = NonNull::new(self.last());
            match end {
                Some(sibling) if sibling.as_ref().is_fair_sibling_of(waiter.as_ref()) => {
                    self.push_among_siblings(sibling, waiter);
                }
                _ => self.link_after(end, waiter),
            }
        }
    }

    /// # Safety
    /// As for [`Queue::push`]; the last waiter is `sibling`.
    #[cold]
    unsafe fn push_among_siblings(&self, sibling: NonNull<Waiter>, waiter: NonNull<Waiter>) {
        // SAFETY: as the caller says; linked waiters are alive.
        unsafe {
            let mut after = Some(sibling);
            let mut siblings = 0;
            while let Some(other) = after
                && other.as_ref().is_fair_sibling_of(waiter.as_ref())
            {
                siblings += 1;
                after = self.before(other);
            }
            // Behind so many of them.
            let places = siblings + 1;
            for _ in 0..gorge_sched::below(places) {
                after = after.map_or(self.first(), |other| NonNull::new(other.as_ref().next.get()));
            }
            self.link_after(after, waiter);
        }
    }

    /// Who is linked just before `waiter`; nobody if it is the first, or not linked.
    ///
    /// # Safety
    /// The lock is held; `waiter` is alive and in no other queue.
    #[inline(always)]
    unsafe fn before(&self, waiter: NonNull<Waiter>) -> Option<NonNull<Waiter>> {
        // SAFETY: as the caller says.
        let prev = unsafe { waiter.as_ref().prev.get() };
        if self.first() == Some(waiter) { None } else { NonNull::new(prev) }
    }

    #[inline(always)]
    fn last(&self) -> *mut Waiter {
        // SAFETY: the lock is held.
        self.last.with(|last| unsafe { *last })
    }

    /// # Safety
    /// As for [`Queue::push`]; `before` is linked here, or `None`: then the
    /// waiter becomes the first.
    #[inline(always)]
    unsafe fn link_after(&self, before: Option<NonNull<Waiter>>, waiter: NonNull<Waiter>) {
        // SAFETY: as the caller says; linked waiters are alive.
        unsafe {
            let next = match before {
                Some(before) => before.as_ref().next.replace(waiter.as_ptr()),
                None => self.first.load(Ordering::Relaxed),
            };
            let prev = before.map_or(null_mut(), NonNull::as_ptr);
            waiter.as_ref().next.set(next);
            waiter.as_ref().prev.set(prev);
            if prev.is_null() {
                self.set_first(waiter.as_ptr());
            }
            match NonNull::new(next) {
                Some(next) => next.as_ref().prev.set(waiter.as_ptr()),
                None => self.last.with_mut(|last| *last = waiter.as_ptr()),
            }
        }
    }

    /// Puts a waiter before all others: one who was first already, and did not
    /// get what it waited for.
    ///
    /// # Safety
    /// As for [`Queue::push`].
    pub(crate) unsafe fn push_front(&self, waiter: NonNull<Waiter>) {
        // SAFETY: as the caller says.
        unsafe { self.link_after(None, waiter) };
    }

    /// As [`Queue::pop`], but only if the first who can be won `may_go`: who
    /// does not keeps its place, and all others theirs behind it.
    ///
    /// # Safety
    /// The lock is held.
    pub(crate) unsafe fn pop_if(
        &self,
        may_go: impl Fn(&Waiter) -> bool,
    ) -> Option<NonNull<Waiter>> {
        loop {
            let first = self.first()?;
            // SAFETY: the lock is held and `first` is linked, hence alive.
            unsafe {
                if !first.as_ref().is_stale() && !may_go(first.as_ref()) {
                    return None;
                }
                self.unlink_first(first);
                if first.as_ref().try_win() {
                    return Some(first);
                }
            }
        }
    }

    /// Takes and wins the waiter that has waited longest, unlinking the stale
    /// ones before it. The caller must settle it.
    ///
    /// # Safety
    /// The lock is held.
    #[inline(always)]
    pub unsafe fn pop(&self) -> Option<NonNull<Waiter>> {
        loop {
            let first = self.first()?;
            // SAFETY: the lock is held and `first` is linked, hence alive.
            unsafe {
                self.unlink_first(first);
                if first.as_ref().try_win() {
                    return Some(first);
                }
            }
        }
    }

    /// Takes the first of a queue whose waiters have all been won.
    ///
    /// # Safety
    /// The lock is held (or the queue is the caller's own), and the waiters
    /// are alive.
    pub unsafe fn pop_won(&self) -> Option<NonNull<Waiter>> {
        let first = self.first()?;
        // SAFETY: as the caller says.
        unsafe { self.unlink_first(first) };
        Some(first)
    }

    /// # Safety
    /// The lock is held and `first` is the first.
    #[inline(always)]
    unsafe fn unlink_first(&self, first: NonNull<Waiter>) {
        // SAFETY: as the caller says; linked waiters are alive.
        unsafe {
            let next = first.as_ref().next.get();
            self.set_first(next);
            first.as_ref().prev.set(null_mut());
            if next.is_null() {
                self.last.with_mut(|last| *last = null_mut());
            } else {
                prefetch(next.cast());
                prefetch(next.cast::<u8>().wrapping_add(size_of::<Waiter>() - 1)); // it may lie in two lines
            }
        }
    }

    /// Takes `waiter` out if it is still linked; says whether it was.
    ///
    /// # Safety
    /// The lock is held, and the waiter was never in another queue.
    #[inline(always)]
    pub unsafe fn withdraw(&self, waiter: NonNull<Waiter>) -> bool {
        // SAFETY: the lock is held; the waiter is the caller's, its neighbours
        // are linked, hence alive.
        unsafe {
            let next = waiter.as_ref().next.get();
            let before = self.before(waiter);
            match before {
                Some(before) => before.as_ref().next.set(next),
                None if self.first() == Some(waiter) => self.set_first(next),
                None => return false,
            }
            let prev = before.map_or(null_mut(), NonNull::as_ptr);
            match NonNull::new(next) {
                Some(next) => next.as_ref().prev.set(prev),
                None => self.last.with_mut(|last| *last = prev),
            }
            waiter.as_ref().prev.set(null_mut());
            true
        }
    }

    /// Whether somebody waits here with whom `waiter` could do business now:
    /// not a stale waiter (those at the front are unlinked on the way), and
    /// none of `waiter`'s own select.
    ///
    /// # Safety
    /// The lock is held.
    #[inline(always)]
    pub unsafe fn has_partner_for(&self, waiter: &Waiter) -> bool {
        // SAFETY: the lock is held.
        !self.is_empty() && unsafe { self.has_partner_slow(waiter) }
    }

    /// # Safety
    /// The lock is held.
    #[cold]
    unsafe fn has_partner_slow(&self, waiter: &Waiter) -> bool {
        let mut next = self.first();
        while let Some(other) = next {
            // SAFETY: the lock is held and `other` is linked, hence alive.
            unsafe {
                next = NonNull::new(other.as_ref().next.get());
                if other.as_ref().is_stale() {
                    self.withdraw(other);
                } else if !other.as_ref().is_sibling_of(waiter) {
                    return true;
                }
            }
        }
        false
    }
}
