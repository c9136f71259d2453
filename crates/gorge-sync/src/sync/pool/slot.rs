//! One value, kept where the worker that has put it finds it again.
//!
//! Promise: putting takes no locked instruction, getting takes one.
//!
//! ```text
//!            put: the owner               a generation later
//!   EMPTY ----------------------> FRESH ---------------------> OLD
//!     ^                             |                           |
//!     |<------- get: the owner -----'<--------------------------'
//!     |<------- BUSY <------ take: anybody, while it moves the value out
//! ```
//!
//! Invariant: only the owner leaves `EMPTY`, and only who has left `FRESH` or `OLD` moves the value out. So what
//! the owner finds empty stays empty until it has put something there.

use std::cell::Cell;
use std::mem::MaybeUninit;

use gorge_base::probe;
use gorge_base::sync::atomic::{AtomicU32, Ordering};
use gorge_base::sync::cell::UnsafeCell;

const EMPTY: u32 = 0;
const FRESH: u32 = 1;
const OLD: u32 = 2;
const BUSY: u32 = 3;

/// See the top of the file.
pub(super) struct Slot<T> {
    state: AtomicU32,
    /// How often the owner has put something here.
    puts: Cell<u32>,
    value: UnsafeCell<MaybeUninit<T>>,
}

// SAFETY: `puts` is used by the owner only, the value by who has left its state; values move between threads.
unsafe impl<T: Send> Sync for Slot<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Send for Slot<T> {}

impl<T> Slot<T> {
    pub(super) fn new() -> Self {
        Slot {
            state: AtomicU32::new(EMPTY),
            puts: Cell::new(0),
            value: UnsafeCell::new(MaybeUninit::uninit()),
        }
    }

    /// Keeps a value, and tells how many were kept in all times; gives it back if there is one already.
    ///
    /// # Safety
    /// The caller is the owner: nobody else calls this or [`get`](Slot::get) meanwhile.
    #[inline]
    pub(super) unsafe fn put(&self, value: T) -> Result<u32, T> {
        // Acquire: pairs with the release in `take`, which comes after the value was moved out.
        if self.state.load(Ordering::Acquire) != EMPTY {
            return Err(value);
        }
        probe::release(self.address());
        // SAFETY: it is empty, and stays so until the store below.
        self.value.with_mut(|place| unsafe { (*place).write(value) });
        // Release: pairs with the acquire of who takes it out.
        self.state.store(FRESH, Ordering::Release);
        self.puts.set(self.puts.get().wrapping_add(1));
        Ok(self.puts.get())
    }

    /// The value, if there is one.
    ///
    /// # Safety
    /// As for [`put`](Slot::put).
    #[inline]
    pub(super) unsafe fn get(&self) -> Option<T> {
        // At once `EMPTY`: it is the caller itself who would put something there.
        self.leave(|state| state == FRESH || state == OLD, EMPTY)
    }

    /// The value, if there is one, for anybody.
    pub(super) fn take(&self) -> Option<T> {
        self.take_if(|state| state == FRESH || state == OLD)
    }

    /// A generation is over: gives what was old already.
    pub(super) fn age(&self) -> Option<T> {
        // Relaxed: the value stays where it is.
        let aged = self.state.compare_exchange(FRESH, OLD, Ordering::Relaxed, Ordering::Relaxed);
        if aged.is_ok() { None } else { self.take_if(|state| state == OLD) }
    }

    pub(super) fn is_full(&self) -> bool {
        matches!(self.state.load(Ordering::Relaxed), FRESH | OLD)
    }

    fn take_if(&self, wanted: impl Fn(u32) -> bool) -> Option<T> {
        let value = self.leave(wanted, BUSY)?;
        // Release: pairs with the acquire in `put`.
        self.state.store(EMPTY, Ordering::Release);
        Some(value)
    }

    /// Moves the value out, if the state is as `wanted`, with `next` as the state from then on.
    #[inline]
    fn leave(&self, wanted: impl Fn(u32) -> bool, next: u32) -> Option<T> {
        let mut state = self.state.load(Ordering::Relaxed);
        while wanted(state) {
            // Acquire: pairs with the release in `put`.
            match self.state.compare_exchange(state, next, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => {
                    probe::acquire(self.address());
                    // SAFETY: it was full, and we have left that state; nobody fills it before it is `EMPTY`,
                    // and if it is that already, then who would is the caller.
                    return Some(
                        self.value.with_mut(|place| unsafe { (*place).assume_init_read() }),
                    );
                }
                Err(now) => state = now,
            }
        }
        None
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }
}

impl<T> Drop for Slot<T> {
    fn drop(&mut self) {
        drop(self.take());
    }
}
