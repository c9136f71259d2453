//! What may be used again after a panic was caught, as far as the types say so.
//!
//! Promise: as in `std`. What guards no value of the user's is whole after any panic, since none of our own steps
//! unwinds; what makes a value once has none, or a whole one; and who locks a [`PoisonMutex`] is told of a
//! panic. A [`Mutex`] or [`RwLock`] tells nothing of it, so a reference to one is not `UnwindSafe`
//! (`std::panic::AssertUnwindSafe` says that one has thought of it).

use std::panic::{RefUnwindSafe, UnwindSafe};

use super::{
    Barrier, Condvar, Event, EventCount, Latch, LazyLock, Mutex, Once, OnceLock, PoisonMutex,
    RwLock, Semaphore,
};

macro_rules! whole_after_a_panic {
    ($($whole:ty),*) => {$(
        impl UnwindSafe for $whole {}
        impl RefUnwindSafe for $whole {}
    )*};
}

whole_after_a_panic!(Barrier, Condvar, Event, EventCount, Latch, Once, Semaphore);

impl<T: ?Sized> UnwindSafe for PoisonMutex<T> {}
impl<T: ?Sized> RefUnwindSafe for PoisonMutex<T> {}

impl<T: UnwindSafe> UnwindSafe for OnceLock<T> {}
impl<T: UnwindSafe + RefUnwindSafe> RefUnwindSafe for OnceLock<T> {}
impl<T: UnwindSafe, F: UnwindSafe> UnwindSafe for LazyLock<T, F> {}
impl<T: UnwindSafe + RefUnwindSafe, F: UnwindSafe> RefUnwindSafe for LazyLock<T, F> {}

impl<T: UnwindSafe + ?Sized> UnwindSafe for Mutex<T> {}
impl<T: UnwindSafe + ?Sized> UnwindSafe for RwLock<T> {}
