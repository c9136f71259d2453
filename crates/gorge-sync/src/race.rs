//! Variables that are shared without a lock, on purpose: races that can be
//! looked at.
//!
//! In safe Rust two goroutines cannot use a plain variable at the same time
//! without a lock, an atomic or a channel. What is left of Go's data races are
//! the *logical* ones: values that are read and written in the wrong order, by
//! code that is otherwise correct. [`Shared`] is the variable for such code:
//! sound whatever happens, and seen by the race detector (`GORGE_RACE=1`) as what
//! it is in Go, a plain variable.

use std::cell::UnsafeCell;
use std::fmt;
use std::panic::Location;

use gorge_base::atomic::{AtomicUsize, Ordering};
use gorge_base::probe::{self, Op};

use crate::sync::RawMutex;

/// A variable that many may use at once, and that orders nothing.
///
/// Reading gives a clone of the value as somebody has written it, never parts of
/// two. But nothing happens before anything else because of it: what two
/// goroutines do to it without a lock, a channel or another order between
/// them is a race, and the race detector says so.
///
/// What orders is what Gorge has: its channels, locks, atomics, joins and so on. The detector does not see
/// order that is made by `std`'s own primitives (`std::sync`, `std::thread`), and reports accesses that nothing
/// but these orders.
///
/// # Examples
/// The counter that loses increments:
/// ```
/// use gorge::race::Shared;
///
/// static COUNTER: Shared<u32> = Shared::new(0);
///
/// gorge::scope(|s| {
///     for _ in 0..2 {
///         s.go(|| COUNTER.update(|n| n + 1));
///     }
/// });
/// assert!((1..=2).contains(&COUNTER.get()));
/// ```
///
/// # Compared with Go
/// A variable.
pub struct Shared<T> {
    /// Keeps values whole; unseen by tools.
    lock: RawMutex,
    /// By what tools know it, once they have asked: not its address, because a
    /// variable may move.
    name: AtomicUsize,
    value: UnsafeCell<T>,
}

// SAFETY: the value moves with the variable.
unsafe impl<T: Send> Send for Shared<T> {}
// SAFETY: one at a time uses the value, under the lock.
unsafe impl<T: Send> Sync for Shared<T> {}

/// The lock is held until this is dropped.
struct Whole<'a, T>(&'a Shared<T>);

impl<T> Drop for Whole<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: it was locked when this was made.
        unsafe { self.0.lock.unlock_quiet() }
    }
}

impl<T> Shared<T> {
    const_unless_loom! {
        /// A variable with this value.
        #[must_use]
        pub const fn new(value: T) -> Self {
            Shared {
                lock: RawMutex::new(false),
                name: AtomicUsize::new(0),
                value: UnsafeCell::new(value),
            }
        }
    }

    /// The value.
    #[inline]
    #[track_caller]
    pub fn get(&self) -> T
    where
        T: Clone,
    {
        self.with(T::clone)
    }

    /// Gives it the value `value`.
    ///
    /// # Examples
    /// ```
    /// use gorge::race::Shared;
    ///
    /// let n = Shared::new(vec![1]);
    /// n.set(vec![1, 2]);
    /// assert_eq!(n.with(|n| n.len()), 2);
    /// n.with_mut(|n| n.push(3));
    /// assert_eq!(n.into_inner(), [1, 2, 3]);
    /// ```
    #[inline]
    #[track_caller]
    pub fn set(&self, value: T) {
        // The old value is dropped after the variable was let go.
        drop(self.with_mut(|place| std::mem::replace(place, value)));
    }

    /// Reads it, and then writes what `f` makes of the value: in two steps,
    /// between which others come, as in Go's `n++`.
    #[inline]
    #[track_caller]
    pub fn update(&self, f: impl FnOnce(T) -> T)
    where
        T: Clone,
    {
        let value = self.get();
        self.set(f(value));
    }

    /// What `look` makes of the value: a read. `look` must not use the same variable.
    #[inline]
    #[track_caller]
    pub fn with<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        let at = Location::caller();
        if probe::any() {
            self.tell(false, at);
        }
        let whole = self.whole(at);
        // SAFETY: the lock is held.
        let result = look(unsafe { &*self.value.get() });
        drop(whole);
        result
    }

    /// Lets `change` change the value: a write. `change` must not use the same
    /// variable. What it does to the value is not torn, but it is a race all
    /// the same.
    #[inline]
    #[track_caller]
    pub fn with_mut<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        let at = Location::caller();
        if probe::any() {
            self.tell(true, at);
        }
        let whole = self.whole(at);
        // SAFETY: the lock is held.
        let result = change(unsafe { &mut *self.value.get() });
        drop(whole);
        result
    }

    #[inline]
    fn whole(&self, at: &'static Location<'static>) -> Whole<'_, T> {
        self.lock.lock_quiet(at);
        Whole(self)
    }

    #[cold]
    #[inline(never)]
    fn tell(&self, write: bool, at: &'static Location<'static>) {
        let name = self.name();
        probe::shared();
        probe::point(if write { Op::Write } else { Op::Read }, name, at);
        probe::access(name, self.value.get() as usize, write, at);
    }

    /// An odd number, which is nobody's address.
    fn name(&self) -> usize {
        static NAMES: AtomicUsize = AtomicUsize::new(1);
        // Relaxed: names are only to be different.
        let name = self.name.load(Ordering::Relaxed);
        if name != 0 {
            return name;
        }
        let new = NAMES.fetch_add(2, Ordering::Relaxed);
        match self.name.compare_exchange(0, new, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => new,
            Err(first) => first,
        }
    }

    /// The value itself: nobody else has the variable.
    ///
    /// # Examples
    /// ```
    /// let mut n = gorge::race::Shared::new(1);
    /// *n.get_mut() += 1; // nobody else can have it now: nothing to watch
    /// assert_eq!(n.into_inner(), 2);
    /// ```
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    /// The value.
    pub fn into_inner(self) -> T {
        let this = std::mem::ManuallyDrop::new(self);
        // The lock, which nobody has, owns nothing.
        // SAFETY: the variable is not used again, nor dropped.
        unsafe { this.value.get().read() }
    }
}

impl<T> Drop for Shared<T> {
    #[inline]
    fn drop(&mut self) {
        let name = *self.name.get_mut();
        if name != 0 {
            probe::gone(name, 1);
        }
    }
}

impl<T: Default> Default for Shared<T> {
    fn default() -> Self {
        Shared::new(T::default())
    }
}

impl<T> From<T> for Shared<T> {
    fn from(value: T) -> Self {
        Shared::new(value)
    }
}

/// Without a look at the value, which would be a read.
impl<T> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}
