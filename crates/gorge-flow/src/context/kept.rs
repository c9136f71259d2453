//! [`Kept`]: a count as that of an `Arc`, beside which there may be plain pointers that are not counted.
//!
//! ```text
//!    Kept ----counts----.                  .---- Plain: found under a lock, and only there; costs nothing
//!    Kept ----counts----> | counts | value | <
//!                                          '---- Weak: keeps the memory, not the value
//! ```
//!
//! A `Weak` costs locked instructions when it is made, tried and dropped. A [`Plain`] costs none, but
//! whoever holds one must know that the value is still there. So a value that nobody keeps any more is
//! asked to [leave](Leave::leave) before it is dropped: it takes itself out of all places, under their locks.
//!
//! Invariants:
//! - `kept` is the number of `Kept`s, and never grows again from zero.
//! - `weak` is the number of `Weak`s, and one for all `Kept`s together. It never grows: weak pointers
//!   are made together with the value.
//! - Whoever brings `kept` to zero, and nobody else, has the value leave and drops it.

use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr::NonNull;

use gorge_base::sync::atomic::{AtomicU32, Ordering};

/// What a [`Kept`] can keep.
pub(super) trait Leave {
    /// Called when nobody keeps it any more. When this returns no [`Plain`] to it is used any more.
    fn leave(&self);

    /// Whether that is so already: then no [`Plain`] to it is used from now on.
    fn has_left(&self) -> bool;
}

// `repr(C)`: what looks for pointers finds them at the beginning.
#[repr(C)]
struct Counted<T> {
    kept: AtomicU32,
    weak: AtomicU32,
    value: ManuallyDrop<T>,
}

/// One of those who keep a value.
pub(super) struct Kept<T: Leave>(NonNull<Counted<T>>);

/// A pointer that neither keeps the value nor its memory.
pub(super) struct Plain<T>(NonNull<Counted<T>>);

/// A pointer that keeps the memory: it can be tried at any time.
pub(super) struct Weak<T: Leave>(NonNull<Counted<T>>);

// SAFETY: as an `Arc` they share a value among threads, and the last drops it wherever that is.
unsafe impl<T: Leave + Send + Sync> Send for Kept<T> {}
// SAFETY: as above.
unsafe impl<T: Leave + Send + Sync> Sync for Kept<T> {}
// SAFETY: as above; by way of it a `Kept` may be made.
unsafe impl<T: Send + Sync> Send for Plain<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for Plain<T> {}
// SAFETY: as above.
unsafe impl<T: Leave + Send + Sync> Send for Weak<T> {}
// SAFETY: as above.
unsafe impl<T: Leave + Send + Sync> Sync for Weak<T> {}

/// Where a value that is kept lies, with its counts, and how many bytes that is.
pub(super) fn extent<T>(value: &T) -> (usize, usize) {
    let before = std::mem::offset_of!(Counted<T>, value);
    (std::ptr::from_ref(value).addr() - before, size_of::<Counted<T>>())
}

/// So many are never held, but by one who forgets them in a loop.
const TOO_MANY: u32 = u32::MAX / 2;

impl<T: Leave> Kept<T> {
    /// Two that keep a value: the second costs nothing.
    pub(super) fn two(value: T) -> [Kept<T>; 2] {
        let counted = Kept::allocate(value, 1);
        [Kept(counted), Kept(counted)]
    }

    /// The same, and a weak one.
    pub(super) fn two_and_weak(value: T) -> ([Kept<T>; 2], Weak<T>) {
        let counted = Kept::allocate(value, 2);
        ([Kept(counted), Kept(counted)], Weak(counted))
    }

    fn allocate(value: T, weak: u32) -> NonNull<Counted<T>> {
        let counted = Counted {
            kept: AtomicU32::new(2),
            weak: AtomicU32::new(weak),
            value: ManuallyDrop::new(value),
        };
        NonNull::from(Box::leak(Box::new(counted)))
    }

    pub(super) fn plain(&self) -> Plain<T> {
        Plain(self.0)
    }

    fn counted(&self) -> &Counted<T> {
        // SAFETY: it is kept by this.
        unsafe { self.0.as_ref() }
    }

    /// Counts this one out. True if it was the last, and the value has left.
    fn let_go(&self) -> bool {
        let counted = self.counted();
        // Alone, and nobody can make others: no locked instruction. `weak` comes first, because a weak
        // pointer adds to `kept` before it goes. Acquire, thrice: what the others did with the value comes
        // before it is dropped; they pair with the releases in here, in `drop` of `Weak`, and of who made it leave.
        let alone = counted.value.has_left()
            && counted.weak.load(Ordering::Acquire) == 1
            && counted.kept.load(Ordering::Acquire) == 1;
        if !alone {
            // Release: what was done with the value comes before it is dropped.
            let before = counted.kept.fetch_sub(1, Ordering::Release);
            debug_assert_ne!(before, 0, "nobody kept it");
            if before != 1 {
                return false;
            }
            // Pairs with the others' releases. (A load and not a fence: sanitizers understand it.)
            counted.kept.load(Ordering::Acquire);
        }
        counted.value.leave();
        true
    }

    /// The value, if this was the last who kept it.
    pub(super) fn into_inner(this: Self) -> Option<T> {
        let this = ManuallyDrop::new(this);
        if !this.let_go() {
            return None;
        }
        // SAFETY: nobody keeps it, nor is there a plain pointer. So it is read once, and here.
        let value = unsafe { std::ptr::read(&raw const *this.counted().value) };
        // SAFETY: the value was moved out.
        unsafe { free(this.0) };
        Some(value)
    }
}

/// Gives up the `Kept`s' share of the memory.
///
/// # Safety
/// The value is gone, and the caller is the one who brought `kept` to zero; or the caller gives up a `Weak`.
unsafe fn free<T>(counted: NonNull<Counted<T>>) {
    // SAFETY: the caller's share keeps it.
    let weak = unsafe { &(*counted.as_ptr()).weak };
    // Acquire: pairs with the release of the others who gave up their share. The last needs not say that it is.
    if weak.load(Ordering::Acquire) != 1 {
        // Release: the memory was used before it is freed.
        if weak.fetch_sub(1, Ordering::Release) != 1 {
            return;
        }
        weak.load(Ordering::Acquire); // as in `let_go`
    }
    // SAFETY: nobody else has a share. It came from a box; the value in it is not dropped again.
    drop(unsafe { Box::from_raw(counted.as_ptr()) });
}

impl<T: Leave> Clone for Kept<T> {
    fn clone(&self) -> Self {
        // Relaxed: who has one passes on what it knows in another way.
        let before = self.counted().kept.fetch_add(1, Ordering::Relaxed);
        if before > TOO_MANY {
            std::process::abort(); // as an `Arc` does
        }
        Kept(self.0)
    }
}

impl<T: Leave> Deref for Kept<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.counted().value
    }
}

impl<T: Leave> Drop for Kept<T> {
    fn drop(&mut self) {
        if self.let_go() {
            // SAFETY: nobody keeps it, nor is there a plain pointer: it is dropped once, and here.
            // (The value alone: a weak pointer may be using the counts.)
            unsafe { ManuallyDrop::drop(&mut (*self.0.as_ptr()).value) };
            // SAFETY: it was dropped.
            unsafe { free(self.0) };
        }
    }
}

impl<T: Leave> Weak<T> {
    /// The value, if it is still kept.
    pub(super) fn keep(&self) -> Option<Kept<T>> {
        // SAFETY: this keeps the memory, and the count is not part of the value.
        unsafe { keep(self.0) }
    }
}

impl<T: Leave> Drop for Weak<T> {
    fn drop(&mut self) {
        // SAFETY: this gives up its share.
        unsafe { free(self.0) };
    }
}

/// Adds one to those who keep the value, if there are any.
///
/// # Safety
/// The memory is there.
unsafe fn keep<T: Leave>(counted: NonNull<Counted<T>>) -> Option<Kept<T>> {
    // SAFETY: it is there.
    let kept = unsafe { &(*counted.as_ptr()).kept };
    let more = |kept: u32| (1..=TOO_MANY).contains(&kept).then(|| kept + 1);
    // Acquire: as of an `Arc`, what was done with it before it could be found here.
    kept.fetch_update(Ordering::Acquire, Ordering::Relaxed, more).is_ok().then(|| Kept(counted))
}

impl<T> Clone for Plain<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Plain<T> {}

impl<T: Leave> Plain<T> {
    /// Whether it points to this value.
    pub(super) fn is(self, value: &T) -> bool {
        // SAFETY: no more than an address is made; nothing is read.
        let address = unsafe { &raw const (*self.0.as_ptr()).value };
        address.addr() == std::ptr::from_ref(value).addr()
    }

    pub(super) fn into_raw(this: Option<Plain<T>>) -> *mut () {
        this.map_or(std::ptr::null_mut(), |plain| plain.0.as_ptr().cast())
    }

    /// # Safety
    /// The pointer came from [`into_raw`](Self::into_raw) of the same type.
    pub(super) unsafe fn from_raw(raw: *mut ()) -> Option<Plain<T>> {
        NonNull::new(raw.cast()).map(Plain)
    }

    /// # Safety
    /// For `'a` the value is there: it has not left, and cannot meanwhile.
    pub(super) unsafe fn get<'a>(self) -> &'a T {
        // SAFETY: as the caller says.
        unsafe { &(*self.0.as_ptr()).value }
    }

    /// The value, if it is still kept.
    ///
    /// # Safety
    /// As of [`get`](Self::get).
    pub(super) unsafe fn keep(self) -> Option<Kept<T>> {
        // SAFETY: a value that is there has memory.
        unsafe { keep(self.0) }
    }
}

/// With loom: all interleavings; else each many times.
#[cfg(test)]
mod tests {
    use super::*;
    use gorge_base::sync::atomic::AtomicBool;
    use gorge_base::sync::cell::UnsafeCell;
    use gorge_base::sync::{Arc, Mutex, model, thread};

    /// Something that can be found in a place; who reads it unordered to its end is caught by loom.
    struct Thing {
        found_in: Arc<Mutex<Option<Plain<Thing>>>>,
        found: AtomicBool,
        cell: UnsafeCell<u32>,
        dropped: Arc<Mutex<u32>>,
    }

    // SAFETY: the cell is only written by who drops it.
    unsafe impl Sync for Thing {}

    impl Leave for Thing {
        fn leave(&self) {
            if !self.has_left() {
                self.found_in.lock().unwrap().take();
            }
        }

        fn has_left(&self) -> bool {
            self.found.load(Ordering::Acquire)
        }
    }

    impl Thing {
        fn read(&self) {
            // SAFETY: it is written when it is dropped.
            assert_eq!(self.cell.with(|cell| unsafe { *cell }), 1);
        }
    }

    impl Drop for Thing {
        fn drop(&mut self) {
            // SAFETY: nobody has it any more.
            self.cell.with_mut(|cell| unsafe { *cell = 2 });
            *self.dropped.lock().unwrap() += 1;
        }
    }

    type Place = Arc<Mutex<Option<Plain<Thing>>>>;

    fn thing() -> (Thing, Place, Arc<Mutex<u32>>) {
        let (place, dropped) = (Place::default(), Arc::new(Mutex::new(0)));
        let found_in = place.clone();
        let cell = UnsafeCell::new(1);
        let found = AtomicBool::new(false);
        (Thing { found_in, found, cell, dropped: dropped.clone() }, place, dropped)
    }

    #[test]
    fn who_is_found_is_kept_or_leaves() {
        model(|| {
            let (thing, place, dropped) = thing();
            let [one, other] = Kept::two(thing);
            *place.lock().unwrap() = Some(one.plain());
            let holder = thread::spawn(move || {
                one.read();
                drop(one);
            });
            drop(other);
            let kept = {
                let mut place = place.lock().unwrap();
                // SAFETY: it takes itself out of the place before it leaves.
                place.take().and_then(|plain| unsafe {
                    plain.get().read();
                    plain.keep()
                })
            };
            if let Some(kept) = kept {
                kept.read();
            }
            holder.join().unwrap();
            assert_eq!(*dropped.lock().unwrap(), 1);
        });
    }

    #[test]
    fn who_is_told_in_its_place_is_not_used_afterwards() {
        model(|| {
            let (thing, place, dropped) = thing();
            let [one, other] = Kept::two(thing);
            *place.lock().unwrap() = Some(one.plain());
            let holders = [one, other].map(|kept| {
                thread::spawn(move || {
                    kept.read();
                    drop(kept);
                })
            });
            if let Some(plain) = place.lock().unwrap().take() {
                // SAFETY: as above; it is not used any more once it has left.
                let thing = unsafe { plain.get() };
                thing.read();
                thing.found.store(true, Ordering::Release);
            }
            holders.into_iter().for_each(|holder| holder.join().unwrap());
            assert_eq!(*dropped.lock().unwrap(), 1);
        });
    }

    #[test]
    fn a_weak_one_finds_it_or_nothing() {
        model(|| {
            let (thing, _, dropped) = thing();
            thing.found.store(true, Ordering::Release); // so that the last need not count
            let ([one, other], weak) = Kept::two_and_weak(thing);
            let finder = thread::spawn(move || {
                if let Some(kept) = weak.keep() {
                    kept.read();
                }
                weak
            });
            one.read();
            drop(one);
            drop(other);
            assert!(finder.join().unwrap().keep().is_none());
            assert_eq!(*dropped.lock().unwrap(), 1);
        });
    }

    #[test]
    fn only_the_last_gets_the_value() {
        model(|| {
            let (thing, _, dropped) = thing();
            let [one, other] = Kept::two(thing);
            let first = thread::spawn(move || Kept::into_inner(one).is_some());
            let second = Kept::into_inner(other.clone()).is_some();
            let third = Kept::into_inner(other).is_some();
            let got = [first.join().unwrap(), second, third];
            assert_eq!(got.iter().filter(|got| **got).count(), 1);
            assert!(!second);
            assert_eq!(*dropped.lock().unwrap(), 1);
        });
    }
}
