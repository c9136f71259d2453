//! What was acquired, until dropped.

use std::sync::Arc;

use super::raw::RawSemaphore;

/// Permits of a [`Semaphore`](super::Semaphore); dropping gives them back.
///
/// # Examples
/// ```
/// use gorge::sync::{Permits, Semaphore};
///
/// let places = Semaphore::new(3);
/// let mut three: Permits<'_> = places.acquire(3);
/// let one = three.split(1).unwrap();
/// drop(three);
/// assert_eq!(places.available(), 2);
/// drop(one);
/// ```
#[derive(Debug)]
#[must_use = "dropped at once, they are given back at once"]
pub struct Permits<'a> {
    raw: &'a RawSemaphore,
    count: usize,
}

/// As [`Permits`], without a borrow: for a goroutine that outlives the caller.
///
/// # Examples
/// ```
/// use gorge::{go, sync::{OwnedPermits, Semaphore}};
/// use std::sync::Arc;
///
/// let places = Arc::new(Semaphore::new(1));
/// let place: OwnedPermits = places.acquire_owned(1);
/// go(move || drop(place)).join().unwrap();
/// assert_eq!(places.available(), 1);
/// ```
#[derive(Debug)]
#[must_use = "dropped at once, they are given back at once"]
pub struct OwnedPermits {
    raw: Arc<RawSemaphore>,
    count: usize,
}

impl<'a> Permits<'a> {
    /// The caller hands over `count` permits.
    pub(super) fn new(raw: &'a RawSemaphore, count: usize) -> Self {
        Permits { raw, count }
    }

    /// Takes `n` of them away, to be given back separately; `None` if there
    /// are fewer.
    pub fn split(&mut self, n: usize) -> Option<Permits<'a>> {
        self.count = self.count.checked_sub(n)?;
        self.raw.tell_travels();
        Some(Permits { raw: self.raw, count: n })
    }
}

impl OwnedPermits {
    /// The caller hands over `count` permits.
    pub(super) fn new(raw: Arc<RawSemaphore>, count: usize) -> Self {
        OwnedPermits { raw, count }
    }

    /// Takes `n` of them away, to be given back separately; `None` if there
    /// are fewer.
    ///
    /// # Examples
    /// ```
    /// use gorge::{go, sync::Semaphore};
    /// use std::sync::Arc;
    ///
    /// let places = Arc::new(Semaphore::new(3));
    /// let mut three = places.acquire_owned(3);
    /// let one = three.split(1).unwrap();
    /// go(move || drop(one)).join().unwrap();
    /// assert_eq!((places.available(), three.count()), (1, 2));
    /// assert!(three.split(3).is_none());
    /// ```
    pub fn split(&mut self, n: usize) -> Option<OwnedPermits> {
        self.count = self.count.checked_sub(n)?;
        self.raw.tell_travels();
        Some(OwnedPermits { raw: self.raw.clone(), count: n })
    }
}

macro_rules! permits {
    ($permits:ty) => {
        impl $permits {
            /// How many there are.
            #[must_use]
            pub fn count(&self) -> usize {
                self.count
            }

            /// Keeps them: they are given back by
            /// [`Semaphore::release`](super::Semaphore::release), or never.
            pub fn forget(mut self) {
                self.raw.tell_travels();
                self.count = 0;
            }
        }

        impl Drop for $permits {
            fn drop(&mut self) {
                if self.count != 0 {
                    self.raw.tell_let_go(self.count);
                    // Too many only if others were released that nobody held;
                    // that was their mistake.
                    let _ = self.raw.release(self.count);
                }
            }
        }
    };
}

permits!(Permits<'_>);
permits!(OwnedPermits);
