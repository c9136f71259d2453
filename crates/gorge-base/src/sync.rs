//! The one switch between `std` and `loom`.
//!
//! Promise: code that takes its atomics, cells, locks and threads from here can be explored by
//! loom (`RUSTFLAGS="--cfg loom"`) and compiles to plain `std` otherwise, at no cost. No other
//! file of the workspace needs to ask `cfg(loom)` to find a type.
//!
//! Two differences show through. Under loom nothing here has a `const` constructor, so a `static`
//! of these types is impossible there; and [`cell::UnsafeCell`] is reached through closures, by
//! which loom sees who touches it when.

#[cfg(not(loom))]
pub use std::sync::{Arc, Condvar, Mutex, MutexGuard};

#[cfg(loom)]
pub use loom::sync::{Arc, Condvar, Mutex, MutexGuard};

/// Statics of loom's types, made anew for each run.
#[cfg(loom)]
pub use loom::lazy_static;

/// Atomic integers, pointers and fences.
pub mod atomic {
    #[cfg(not(loom))]
    pub use crate::atomic::{
        AtomicBool, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr, AtomicU8, AtomicU16, AtomicU32,
        AtomicU64, AtomicUsize, Ordering, fence,
    };

    #[cfg(loom)]
    pub use loom::sync::atomic::{
        AtomicBool, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr, AtomicU8, AtomicU16, AtomicU32,
        AtomicU64, AtomicUsize, Ordering, fence,
    };
}

/// Cells whose every access loom can watch.
pub mod cell {
    #[cfg(loom)]
    pub use loom::cell::UnsafeCell;

    /// A cell reached through closures, so that loom (in its build) sees each access begin and end.
    #[cfg(not(loom))]
    #[derive(Debug, Default)]
    #[repr(transparent)]
    pub struct UnsafeCell<T: ?Sized>(core::cell::UnsafeCell<T>);

    #[cfg(not(loom))]
    impl<T> UnsafeCell<T> {
        /// Wraps a value.
        #[inline(always)]
        pub const fn new(value: T) -> Self {
            UnsafeCell(core::cell::UnsafeCell::new(value))
        }

        /// Takes the value out.
        #[inline(always)]
        pub fn into_inner(self) -> T {
            self.0.into_inner()
        }
    }

    #[cfg(not(loom))]
    impl<T: ?Sized> UnsafeCell<T> {
        /// Hands a pointer for reading to `f`. While `f` runs nobody may write.
        #[inline(always)]
        pub fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
            f(self.0.get())
        }

        /// Hands a pointer for writing to `f`. While `f` runs nobody else may read or write.
        #[inline(always)]
        pub fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
            f(self.0.get())
        }
    }
}

/// Hints to the processor while spinning.
pub mod hint {
    #[cfg(not(loom))]
    pub use core::hint::spin_loop;

    #[cfg(loom)]
    pub use loom::hint::spin_loop;
}

/// Threads: loom's in its build, the system's otherwise.
pub mod thread {
    #[cfg(not(loom))]
    pub use std::thread::{JoinHandle, Thread, current, park, spawn, yield_now};

    #[cfg(loom)]
    pub use loom::thread::{JoinHandle, Thread, current, park, spawn, yield_now};
}

/// Runs a model: under loom every interleaving of the threads that `f` starts, otherwise many
/// ordinary runs. A model written with it is a loom model and a small stress test at once.
#[cfg(not(loom))]
pub fn model(f: impl Fn() + Sync + Send + 'static) {
    for _ in 0..1000 {
        f();
    }
}

#[cfg(loom)]
pub use loom::model;

/// As [`model`], but only interleavings in which threads are interrupted at most `preemptions`
/// times altogether: for models too large to be explored whole. (Two or three interruptions find
/// nearly every mistake; what is left out is mostly the same again.)
#[cfg(not(loom))]
pub fn model_up_to(_preemptions: usize, f: impl Fn() + Sync + Send + 'static) {
    model(f);
}

/// As [`model`], but only interleavings in which threads are interrupted at most `preemptions`
/// times altogether.
#[cfg(loom)]
pub fn model_up_to(preemptions: usize, f: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(f);
}

#[cfg(test)]
mod tests {
    use super::atomic::{AtomicBool, Ordering};
    use super::cell::UnsafeCell;
    use super::{Arc, model, thread};

    /// A flag that publishes a cell: the least program that needs everything of this module.
    #[test]
    fn a_published_cell_is_seen() {
        struct Shared {
            ready: AtomicBool,
            cell: UnsafeCell<u32>,
        }
        // SAFETY: the cell is written before `ready` is stored and read only after it is seen.
        unsafe impl Sync for Shared {}

        model(|| {
            let shared =
                Arc::new(Shared { ready: AtomicBool::new(false), cell: UnsafeCell::new(0) });
            let writer = {
                let shared = shared.clone();
                thread::spawn(move || {
                    // SAFETY: nobody reads before `ready`.
                    shared.cell.with_mut(|cell| unsafe { *cell = 7 });
                    // Pairs with the acquire load below.
                    shared.ready.store(true, Ordering::Release);
                })
            };
            if shared.ready.load(Ordering::Acquire) {
                // SAFETY: the writer has finished with the cell.
                assert_eq!(shared.cell.with(|cell| unsafe { *cell }), 7);
            }
            writer.join().unwrap();
        });
    }
}
